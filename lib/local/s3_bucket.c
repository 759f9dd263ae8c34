/* Buckets and what is set on them. */
#include "local/markup.h"
#include "local/s3.h"
#include "xml/xml.h"
#include "json/json.h"

void s3_list_buckets(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct unum_buf *out = &s->req->answer.body;
    s3_begin(s, "ListAllMyBucketsResult");
    markup_open(out, "Owner");
    markup_texts(out, "ID", LOCAL_ACCOUNT);
    markup_close(out, "Owner");
    markup_open(out, "Buckets");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&req->local->buckets, entry))) {
        const struct bucket *bucket = entry->value;
        markup_open(out, "Bucket");
        markup_texts(out, "Name", bucket->name);
        markup_time(out, "CreationDate", bucket->created_ms);
        markup_close(out, "Bucket");
    }
    markup_close(out, "Buckets");
    markup_close(out, "ListAllMyBucketsResult");
    s3_answer(s, 200);
}

/* The region a bucket is made in must be this one. */
static bool right_place(struct s3_request *s)
{
    if (!s->body.len)
        return true;
    const struct xml_element *root = s3_body_xml(s, "CreateBucketConfiguration");
    if (!root)
        return false;
    struct unum_str place = xml_text(root, "LocationConstraint");
    if (!place.len || unum_str_eq(place, s->req->local->region))
        return true;
    door_error(s->req, 400, "IllegalLocationConstraintException",
               "The %.*s location constraint is incompatible for the region specific endpoint this "
               "request was sent to.",
               UNUM_STR_ARG(place));
    return false;
}

void s3_create_bucket(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct local *local = s->req->local;
    if (!objects_is_bucket_name(s->bucket_name)) {
        s3_error(s, 400, "InvalidBucketName", "The specified bucket is not valid.");
        return;
    }
    if (!right_place(s))
        return;
    if (unum_str_starts(s->bucket_name, UNUM_STR(OBJECTS_FOREIGN))) {
        s3_error(s, 409, "BucketAlreadyExists",
                 "The requested bucket name is not available. The bucket namespace is shared by "
                 "all users of the system. Please select a different name and try again.");
        return;
    }
    if (s->bucket) {
        s3_error(s, 409, "BucketAlreadyOwnedByYou",
                 "Your previous request to create the named bucket succeeded and you already own "
                 "it.");
        return;
    }
    if (local->buckets.len >= OBJECTS_MAX_BUCKETS) {
        s3_error(s, 400, "TooManyBuckets",
                 "You have attempted to create more buckets than allowed");
        return;
    }
    (void)objects_bucket_new(local, s->bucket_name);
    door_header(s->req, "Location",
                unum_arena_printf(&s->req->arena, "/%.*s", UNUM_STR_ARG(s->bucket_name)));
    s3_answer(s, 200);
}

void s3_head_bucket(struct door_request *req)
{
    struct s3_request *s = req->s3;
    door_header(s->req, "x-amz-bucket-region", s->req->local->region);
    s3_answer(s, 200);
}

void s3_delete_bucket(struct door_request *req)
{
    struct s3_request *s = req->s3;
    if (s->bucket->objects.len) {
        s3_error(s, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty");
        return;
    }
    objects_bucket_remove(s->req->local, s->bucket);
    s3_answer(s, 204);
}

void s3_get_location(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct unum_buf *out = &s->req->answer.body;
    struct unum_str region = s->req->local->region;
    unum_buf_adds(out, MARKUP_DECLARATION);
    /* The oldest region has no name here. */
    markup_text(out, "LocationConstraint",
                unum_str_is(region, "us-east-1") ? UNUM_STR("") : region);
    s3_answer(s, 200);
}

/* ---- settings: kept as they were given ---- */

static const struct setting {
    const char *parameter, *root; /* NULL: JSON */
    const char *code, *text;      /* when it is not set; NULL: an empty document */
} settings[] = {
    {"policy", NULL, "NoSuchBucketPolicy", "The bucket policy does not exist"},
    {"versioning", "VersioningConfiguration", NULL, NULL},
    {"encryption", "ServerSideEncryptionConfiguration",
     "ServerSideEncryptionConfigurationNotFoundError",
     "The server side encryption configuration was not found"},
    {"publicAccessBlock", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration",
     "The public access block configuration was not found"},
    {"lifecycle", "LifecycleConfiguration", "NoSuchLifecycleConfiguration",
     "The lifecycle configuration does not exist"},
    {"ownershipControls", "OwnershipControls", "OwnershipControlsNotFoundError",
     "The bucket ownership controls were not found"},
    {"tagging", "Tagging", "NoSuchTagSet", "The TagSet does not exist"},
};

static const struct setting *setting_of(struct s3_request *s)
{
    for (size_t i = 0; i + 1 < UNUM_COUNT(settings); i++) {
        if (s3_has(s, settings[i].parameter))
            return &settings[i];
    }
    return &settings[UNUM_COUNT(settings) - 1];
}

void s3_put_setting(struct door_request *req)
{
    struct s3_request *s = req->s3;
    const struct setting *setting = setting_of(s);
    struct unum_str value;
    if (s->body.len >= OBJECTS_MAX_SETTING) {
        s3_error(s, 400, "EntityTooLarge", "the document is larger than 256 KB");
        return;
    }
    if (!unum_utf8_valid(s->body) || unum_str_find(s->body, '\0') < s->body.len) {
        s3_error(s, 400, "InvalidRequest", "The document must be UTF-8 text");
        return;
    }
    if (setting->root) {
        if (!s3_body_xml(s, setting->root))
            return;
    } else if (json_check(s->body, &value, NULL) || json_type(value) != JSON_OBJECT) {
        s3_error(s, 400, "MalformedPolicy",
                 "Policies must be valid JSON and the first byte must "
                 "be '{'");
        return;
    }
    objects_bucket_set(s->req->local, s->bucket, setting->parameter, s->body);
    s3_answer(s, setting->root ? 200 : 204);
}

void s3_get_setting(struct door_request *req)
{
    struct s3_request *s = req->s3;
    const struct setting *setting = setting_of(s);
    const char *text = unum_map_get(&s->bucket->settings, unum_str_from(setting->parameter));
    if (!text && setting->code) {
        s3_error(s, 404, setting->code, setting->text);
        return;
    }
    if (text)
        unum_buf_adds(&s->req->answer.body, text);
    else
        unum_buf_printf(&s->req->answer.body, MARKUP_DECLARATION "<%s xmlns=\"" S3_SPACE "\"/>",
                        setting->root);
    s->req->answer.status = 200;
    s->req->answer.content_type = setting->root ? "application/xml" : "application/json";
    door_answer(s->req);
}

void s3_delete_setting(struct door_request *req)
{
    struct s3_request *s = req->s3;
    objects_bucket_set(s->req->local, s->bucket, setting_of(s)->parameter, UNUM_STR_NONE);
    s3_answer(s, 204);
}
