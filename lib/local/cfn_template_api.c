/* Source: CloudFormation API Reference: GetTemplate, GetTemplateSummary, ValidateTemplate. */
#include "local/cfn.h"

#include "local/cfn_provider.h"

void cfn_call_get_template(struct door_request *req)
{
    struct unum_str name = cfn_get(req, "ChangeSetName");
    struct cfn_stack *stack = NULL;
    const char *body = NULL;
    if (name.len) {
        const struct cfn_change_set *set =
            cfn_change_set_find(req->local, cfn_get(req, "StackName"), name, &stack);
        if (!set) {
            door_error(req, 404, "ChangeSetNotFound", "ChangeSet [%.*s] does not exist",
                       UNUM_STR_ARG(name));
            return;
        }
        body = set->source.body;
    } else {
        stack = cfn_input_stack(req);
        if (!stack)
            return;
        body = cfn_stack_source(stack)->body;
    }
    cfn_begin(req);
    cfn_texts(req, "TemplateBody", body ? body : "");
    cfn_open(req, "StagesAvailable");
    cfn_texts(req, "member", "Original");
    cfn_texts(req, "member", "Processed");
    cfn_close(req, "StagesAvailable");
    cfn_end(req);
}

/* NULL: an error was answered. */
static struct cfn_template *read(struct door_request *req, const char *body)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct cfn_template *template = NULL;
    if (cfn_template_read(unum_str_from(body), &template, &err)) {
        cfn_fail(req, "%s", unum_err_text(&err));
        return NULL;
    }
    return template;
}

static void write_parameters(struct door_request *req, const struct cfn_template *template,
                             bool summary)
{
    cfn_open(req, "Parameters");
    for (size_t i = 0; i < template->parameters_len; i++) {
        const struct cfn_parameter *p = &template->parameters[i];
        cfn_open(req, "member");
        cfn_text(req, "ParameterKey", p->name);
        if (p->has_default)
            cfn_text(req, "DefaultValue", p->default_value);
        if (summary)
            cfn_text(req, "ParameterType", p->type);
        cfn_flag(req, "NoEcho", p->no_echo);
        if (p->description.len)
            cfn_text(req, "Description", p->description);
        const struct doc *allowed = doc_get(p->declaration, "AllowedValues");
        if (summary && allowed) {
            cfn_open(req, "ParameterConstraints");
            cfn_open(req, "AllowedValues");
            for (size_t k = 0; k < allowed->len; k++)
                cfn_text(req, "member", allowed->members[k].value->text);
            cfn_close(req, "AllowedValues");
            cfn_close(req, "ParameterConstraints");
        }
        cfn_close(req, "member");
    }
    cfn_close(req, "Parameters");
}

static void write_needs(struct door_request *req, const struct cfn_template *template)
{
    if (template->description.len)
        cfn_text(req, "Description", template->description);
    if (!template->iam)
        return;
    cfn_open(req, "Capabilities");
    cfn_texts(req, "member", template->named_iam ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM");
    cfn_close(req, "Capabilities");
    cfn_text(req, "CapabilitiesReason",
             unum_arena_printf(&req->arena, "The following resource(s) require capabilities: [%s]",
                               template->iam_types));
}

void cfn_call_validate_template(struct door_request *req)
{
    char UNUM_AUTO_FREE *body = NULL;
    if (!cfn_input_body(req, NULL, &body))
        return;
    struct cfn_template *template = read(req, body);
    if (!template)
        return;
    cfn_begin(req);
    write_parameters(req, template, false);
    write_needs(req, template);
    cfn_end(req);
    cfn_template_free(template);
}

static void write_types(struct door_request *req, const struct cfn_template *template)
{
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    cfn_open(req, "ResourceTypes");
    for (size_t i = 0; i < template->resources_len; i++) {
        if (!unum_map_has(&seen, template->resources[i].type))
            cfn_text(req, "member", template->resources[i].type);
        (void)unum_map_set(&seen, template->resources[i].type, &seen);
    }
    cfn_close(req, "ResourceTypes");
}

void cfn_call_get_template_summary(struct door_request *req)
{
    char UNUM_AUTO_FREE *body = NULL;
    if (cfn_get(req, "StackName").len) {
        const struct cfn_stack *stack = cfn_input_stack(req);
        if (!stack)
            return;
        const char *there = cfn_stack_source(stack)->body;
        body = unum_strdup(there ? there : "");
    } else if (!cfn_input_body(req, NULL, &body)) {
        return;
    }
    struct cfn_template *template = read(req, body);
    if (!template)
        return;
    cfn_begin(req);
    write_parameters(req, template, true);
    write_needs(req, template);
    write_types(req, template);
    cfn_texts(req, "Version", "2010-09-09");
    cfn_end(req);
    cfn_template_free(template);
}
