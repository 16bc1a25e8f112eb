/* VI/JSON, inwards. Source: vSphere VI JSON API 8.0.2.0; RFC 8259, strictly, by jansson. */

#include "base/clock.h"
#include "base/secret.h"
#include "schema/tables.h"
#include "wire/reader.h"

#include <jansson.h>

static int wrong_kind(WireReader *reader, const char *wanted)
{
        return wire_fail(reader, WIRE_BAD_VALUE, "has to be %s", wanted);
}

static int read_bool(WireReader *reader, const void *json, bool *ret)
{
        if (!json_is_boolean((const json_t *)json))
                return wrong_kind(reader, "true or false");
        *ret = json_is_true((const json_t *)json);
        return 0;
}

static int read_integer(WireReader *reader, const void *json, WireForm form, int64_t *ret)
{
        (void)form;
        if (!json_is_integer((const json_t *)json))
                return wrong_kind(reader, "a whole number");
        *ret = json_integer_value(json);
        return 0;
}

static int read_time(WireReader *reader, const void *json, WireTime *ret)
{
        if (!json_is_string((const json_t *)json) ||
            clock_parse(json_string_value(json), &ret->usec) < 0)
                return wrong_kind(reader, "a time as RFC 3339 has it");
        ret->set = true;
        return 0;
}

static int read_string(WireReader *reader, const void *json, const WireType *values, char **ret)
{
        if (!json_is_string((const json_t *)json))
                return wrong_kind(reader, "a string");
        return wire_take_string(reader, json_string_value(json), json_string_length(json), values,
                                ret);
}

static int read_moref_member(WireReader *reader, const json_t *json, const char *name,
                             const char **ret)
{
        const json_t *member = json_object_get(json, name);
        size_t mark = wire_path_push(reader, name);
        char *text = NULL;
        int r;

        if (!member)
                return wire_fail(reader, WIRE_BAD_VALUE, "is required");
        r = read_string(reader, member, NULL, &text);
        if (r < 0)
                return r;
        wire_path_pop(reader, mark);
        *ret = text;
        return 0;
}

static bool is_moref_member(const char *name)
{
        static const char *const names[] = {"_typeName", "type", "value", "serverGuid"};

        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        return false;
}

static int read_moref(WireReader *reader, const void *node, Moref *ret)
{
        const json_t *json = node;
        const char *type_name = json_string_value(json_object_get(json, "_typeName"));
        const char *name;
        json_t *member;
        int r;

        if (!json_is_object(json))
                return wrong_kind(reader, "a ManagedObjectReference");
        if (type_name && strcmp(type_name, "ManagedObjectReference") != 0)
                return wire_fail(reader, WIRE_BAD_TYPE, "'%.64s' is no ManagedObjectReference",
                                 type_name);
        json_object_foreach ((json_t *)json, name, member) {
                if (is_moref_member(name))
                        continue;
                wire_path_push(reader, name);
                return wire_fail(reader, WIRE_BAD_VALUE, "is no member of ManagedObjectReference");
        }
        r = read_moref_member(reader, json, "type", &ret->type);
        if (r < 0)
                return r;
        return read_moref_member(reader, json, "value", &ret->value);
}

static int read_array(WireReader *reader, const void *node, WireForm form, const WireType *type,
                      void *ret)
{
        const json_t *json = node;
        WireForm item = wire_form_item(form);
        WireStrings *array = ret;
        int r;

        if (!json_is_array(json))
                return wrong_kind(reader, "an array");
        r = wire_take_array(reader, form, json_array_size(json), ret);
        for (size_t i = 0; r >= 0 && i < json_array_size(json); i++) {
                size_t mark = wire_path_push_index(reader, i);

                r = wire_read_value(reader, json_array_get(json, i), item, type,
                                    (char *)array->items + i * wire_form_size(item));
                if (r >= 0)
                        wire_path_pop(reader, mark);
        }
        return r;
}

/* What is no member by the table: the type, and the text of a fault. */
static bool is_aside(const WireObject *object, const char *name)
{
        return strcmp(name, "_typeName") == 0 ||
               (strcmp(name, "faultstring") == 0 && wire_type_is(object->type, &type_MethodFault));
}

static int read_members(WireReader *reader, const json_t *json, WireObject *object)
{
        uint64_t seen = 0;
        const char *name;
        json_t *member;
        int r;

        json_object_foreach ((json_t *)json, name, member) {
                const WireField *field;
                size_t index, mark;

                if (is_aside(object, name))
                        continue;
                mark = wire_path_push(reader, name);
                if (wire_field_index(object->type, name, &index) < 0)
                        return wire_fail(reader, WIRE_BAD_VALUE, "is no member of %s",
                                         object->type->name);
                if (!json_is_null(member)) { /* null is unset: govmomi sends it */
                        field = wire_type_at(object->type, index);
                        r = wire_read_value(reader, member, field->form, field->type,
                                            (char *)object + field->offset);
                        if (r < 0)
                                return r;
                        seen |= (uint64_t)1 << index;
                }
                wire_path_pop(reader, mark);
        }
        return wire_end(reader, object, seen);
}

static int read_object(WireReader *reader, const void *node, const WireType *declared,
                       WireObject **ret);

/* In place of a LocalizedMethodFault: the fault, with the text among its members. */
static int read_bare_fault(WireReader *reader, const json_t *json, WireObject **ret)
{
        const json_t *text = json_object_get(json, "faultstring");
        LocalizedMethodFault *localized;
        int r;

        r = wire_begin(reader, &type_LocalizedMethodFault, NULL, ret);
        if (r < 0)
                return r;
        localized = (LocalizedMethodFault *)*ret;
        r = read_object(reader, json, &type_MethodFault, (WireObject **)&localized->fault);
        if (r < 0 || !text)
                return r;
        return read_string(reader, text, NULL, &localized->localized_message);
}

static int read_object(WireReader *reader, const void *node, const WireType *declared,
                       WireObject **ret)
{
        const json_t *json = node;
        const json_t *name = json_object_get(json, "_typeName");
        int r;

        if (!json_is_object(json))
                return wrong_kind(reader, "an object");
        if (name && !json_is_string(name))
                return wire_fail(reader, WIRE_BAD_TYPE, "_typeName has to be a string");
        if (reader->depth >= WIRE_DEPTH_MAX)
                return wire_fail(reader, WIRE_BAD_VALUE, "is nested too deeply");
        if (declared == &type_LocalizedMethodFault)
                return read_bare_fault(reader, json, ret);
        r = wire_begin(reader, declared, name ? json_string_value(name) : NULL, ret);
        if (r < 0)
                return r;
        reader->depth++;
        r = read_members(reader, json, *ret);
        reader->depth--;
        return r;
}

static const struct {
        const char *name;
        WireForm form;
} boxes[] = {
        {"boolean", FORM_BOOL},
        {"byte", FORM_INT},
        {"short", FORM_INT},
        {"int", FORM_INT},
        {"long", FORM_LONG},
        {"string", FORM_STRING},
        {"anyURI", FORM_STRING},
        {"dateTime", FORM_TIME},
        {"ArrayOfLong", FORM_LONGS},
        {"ArrayOfString", FORM_STRINGS},
        {"ArrayOfManagedObjectReference", FORM_MOREFS},
};

/* Both spellings of a reference inside an anyType: flat as vCenter has it, boxed as its guide. */
static const json_t *unbox_moref(const json_t *json)
{
        const json_t *value = json_object_get(json, "_value");

        return json_is_object(value) ? value : json;
}

static int read_any(WireReader *reader, const void *node, WireAny *ret)
{
        const json_t *json = node;
        const char *name = json_string_value(json_object_get(json, "_typeName"));
        WireForm form = FORM_OBJECT;
        const json_t *value = json;
        void *variable;
        int r;

        if (!name)
                return wire_fail(reader, WIRE_BAD_TYPE, "has to name its type in _typeName");
        for (size_t i = 0; i < ELEMENTS(boxes); i++)
                if (strcmp(boxes[i].name, name) == 0) {
                        form = boxes[i].form;
                        value = json_object_get(json, "_value");
                }
        if (strcmp(name, "ManagedObjectReference") == 0) {
                form = FORM_MOREF;
                value = unbox_moref(json);
        }
        if (!value)
                return wire_fail(reader, WIRE_BAD_VALUE, "has no _value");
        variable = wire_begin_any(reader, form, NULL, ret);
        r = variable ? wire_read_value(reader, value, form, NULL, variable) : -ENOMEM;
        if (r >= 0)
                wire_end_any(ret);
        return r;
}

static const WireSource json_source = {
        .boolean = read_bool,
        .integer = read_integer,
        .string = read_string,
        .time = read_time,
        .moref = read_moref,
        .object = read_object,
        .any = read_any,
        .array = read_array,
};

void json_read_init(void)
{
        json_set_alloc_funcs(malloc, erasing_free);
}

/* Whatever type the client says it is. */
static int read_root(WireReader *reader, const json_t *json, const WireType *type, WireObject **ret)
{
        int r = wire_begin(reader, type, NULL, ret);

        return r < 0 ? r : read_members(reader, json, *ret);
}

int json_read(Arena *arena, const char *text, size_t size, const WireType *type, void **ret,
              WireError *error)
{
        WireReader reader = {.source = &json_source, .arena = arena, .error = error};
        json_auto_t *json = NULL;
        WireObject *object = NULL;
        json_error_t where = {0};
        int r;

        *error = (WireError){0};
        json = size ? json_loadb(text, size, JSON_REJECT_DUPLICATES, &where) : json_object();
        if (!json)
                return wire_fail(&reader, WIRE_MALFORMED, "line %d, column %d: %s", where.line,
                                 where.column, where.text);
        if (!json_is_object(json))
                return wire_fail(&reader, WIRE_MALFORMED, "the body has to be a JSON object");
        r = type == &type_LocalizedMethodFault ? read_bare_fault(&reader, json, &object)
                                               : read_root(&reader, json, type, &object);
        if (r < 0)
                return r;
        *ret = object;
        return 0;
}
