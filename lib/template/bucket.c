#include "template/cloudformation.h"
#include "template/yaml_text.h"

enum { KEEP_OLD_DAYS = 90, ABANDONED_DAYS = 7 };

static void add_encryption(struct yaml_text *y)
{
    yaml_begin(y, "BucketEncryption");
    yaml_begin(y, "ServerSideEncryptionConfiguration");
    yaml_item(y);
    yaml_begin(y, "ServerSideEncryptionByDefault");
    yaml_pairs(y, "SSEAlgorithm", "AES256");
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
}

static void add_privacy(struct yaml_text *y)
{
    yaml_begin(y, "OwnershipControls");
    yaml_begin(y, "Rules");
    yaml_item(y);
    yaml_pairs(y, "ObjectOwnership", "BucketOwnerEnforced");
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
    yaml_begin(y, "PublicAccessBlockConfiguration");
    yaml_bool(y, "BlockPublicAcls", true);
    yaml_bool(y, "BlockPublicPolicy", true);
    yaml_bool(y, "IgnorePublicAcls", true);
    yaml_bool(y, "RestrictPublicBuckets", true);
    yaml_end(y);
}

/* What is current stays: a rollback reads the code of the version before, however old. */
static void add_lifecycle(struct yaml_text *y)
{
    yaml_begin(y, "LifecycleConfiguration");
    yaml_begin(y, "Rules");
    yaml_item(y);
    yaml_pairs(y, "Id", "replaced-and-deleted");
    yaml_pairs(y, "Status", "Enabled");
    yaml_begin(y, "NoncurrentVersionExpiration");
    yaml_int(y, "NoncurrentDays", KEEP_OLD_DAYS);
    yaml_end(y);
    yaml_bool(y, "ExpiredObjectDeleteMarker", true);
    yaml_end(y);
    yaml_item(y);
    yaml_pairs(y, "Id", "abandoned-uploads");
    yaml_pairs(y, "Status", "Enabled");
    yaml_begin(y, "AbortIncompleteMultipartUpload");
    yaml_int(y, "DaysAfterInitiation", ABANDONED_DAYS);
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
}

static void add_bucket(struct yaml_text *y)
{
    yaml_begin(y, "ArtifactBucket");
    yaml_pairs(y, "Type", "AWS::S3::Bucket");
    yaml_pairs(y, "DeletionPolicy", "Retain");
    yaml_pairs(y, "UpdateReplacePolicy", "Retain");
    yaml_begin(y, "Properties");
    yaml_tagged(y, "BucketName", "Sub",
                UNUM_STR(CLOUDFORMATION_MANAGED_BUCKET "-${AWS::AccountId}-${AWS::Region}"));
    yaml_begin(y, "VersioningConfiguration");
    yaml_pairs(y, "Status", "Enabled");
    yaml_end(y);
    add_encryption(y);
    add_privacy(y);
    add_lifecycle(y);
    yaml_begin(y, "Tags");
    yaml_item(y);
    yaml_pairs(y, "Key", "unum:managed");
    yaml_pairs(y, "Value", "true");
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
}

/* Amazon S3 User Guide, "Security best practices": enforce encryption of data in transit. */
static void add_policy(struct yaml_text *y)
{
    yaml_begin(y, "ArtifactBucketPolicy");
    yaml_pairs(y, "Type", "AWS::S3::BucketPolicy");
    yaml_pairs(y, "DeletionPolicy", "Retain");
    yaml_pairs(y, "UpdateReplacePolicy", "Retain");
    yaml_begin(y, "Properties");
    yaml_tagged(y, "Bucket", "Ref", UNUM_STR("ArtifactBucket"));
    yaml_begin(y, "PolicyDocument");
    yaml_pairs(y, "Version", "2012-10-17");
    yaml_begin(y, "Statement");
    yaml_item(y);
    yaml_pairs(y, "Sid", "TlsOnly");
    yaml_pairs(y, "Effect", "Deny");
    yaml_pairs(y, "Principal", "*");
    yaml_pairs(y, "Action", "s3:*");
    yaml_begin(y, "Resource");
    yaml_entry(y, "GetAtt", UNUM_STR("ArtifactBucket.Arn"));
    yaml_entry(y, "Sub", UNUM_STR("${ArtifactBucket.Arn}/*"));
    yaml_end(y);
    yaml_begin(y, "Condition");
    yaml_begin(y, "Bool");
    yaml_pairs(y, "aws:SecureTransport", "false");
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
    yaml_end(y);
}

int cloudformation_managed_bucket_render(struct unum_buf *out, struct unum_err *err)
{
    struct yaml_text text = {.out = out}, *y = &text;
    yaml_pairs(y, "AWSTemplateFormatVersion", "2010-09-09");
    yaml_pairs(y, "Description", "The bucket in which unum keeps what it deploys");
    yaml_blank(y);
    yaml_begin(y, "Resources");
    add_bucket(y);
    add_policy(y);
    yaml_end(y);
    yaml_blank(y);
    yaml_begin(y, "Outputs");
    yaml_begin(y, CLOUDFORMATION_BUCKET_OUTPUT);
    yaml_pairs(y, "Description", "Name of the bucket");
    yaml_tagged(y, "Value", "Ref", UNUM_STR("ArtifactBucket"));
    yaml_end(y);
    yaml_end(y);
    return out->failed
               ? unum_err_set(err, UNUM_E_LIMIT, "the template is larger than %zu bytes", out->max)
               : 0;
}
