#include "property/path.h"

#define SEGMENT_MAX 64

/* Return: where the segment ends, at a dot or at the path's end; NULL where it is no name. */
static const char *take_segment(const char *path, char segment[SEGMENT_MAX])
{
        size_t n = strcspn(path, ".");

        if (n == 0 || n >= SEGMENT_MAX)
                return NULL;
        memcpy(segment, path, n);
        segment[n] = '\0';
        return path + n;
}

/* in the tables */

/* Return: the member of @type, or else of a type that derives from it, or NULL. */
static const WireField *find_member(const WireType *type, const char *name)
{
        const WireField *field = wire_type_field(type, name);

        for (size_t i = 0; !field && i < n_wire_types; i++)
                if (wire_type_is(wire_types[i], type))
                        field = wire_type_field(wire_types[i], name);
        return field;
}

/* @rest: "", or ".a.b" */
static bool is_path_below(WireForm form, const WireType *type, const char *rest)
{
        char segment[SEGMENT_MAX];

        while (*rest == '.') {
                const WireField *field;

                rest = take_segment(rest + 1, segment);
                if (!rest)
                        return false;
                if (form == FORM_ANY || (form == FORM_OBJECT && !type))
                        continue;
                field = form == FORM_OBJECT ? find_member(type, segment) : NULL;
                if (!field)
                        return false;
                form = field->form;
                type = field->type;
        }
        return true;
}

const Property *property_check(const ManagedType *type, const char *path)
{
        char segment[SEGMENT_MAX];
        const char *rest = take_segment(path, segment);
        const Property *property = rest ? property_find(type, segment) : NULL;

        return property && is_path_below(property->form, property->type, rest) ? property : NULL;
}

/* in a value */

static void unpack(WireAny *any)
{
        while (any->form == FORM_ANY)
                *any = *(const WireAny *)any->value;
}

/* Return: whether there is such a member, which @any is then. */
static bool enter(WireAny *any, const char *name)
{
        const WireObject *object = NULL;
        const WireField *field;

        if (any->form == FORM_OBJECT)
                object = *(const WireObject *const *)any->value;
        field = object ? wire_type_field(object->type, name) : NULL;
        if (!field)
                return false;
        *any = (WireAny){field->form, field->type, (const char *)object + field->offset};
        unpack(any);
        return true;
}

static bool is_value(const WireAny *any)
{
        return wire_form_item(any->form) != FORM_NONE || !wire_is_unset(any->form, any->value);
}

int property_read(const PropertyContext *context, const Object *object, const char *path,
                  WireAny *ret)
{
        const Property *property = property_check(object->type, path);
        char segment[SEGMENT_MAX];
        const char *rest;
        WireAny any;
        void *value;
        int r;

        if (!property)
                return -ENOENT;
        value = arena_alloc(context->arena, wire_form_size(property->form));
        if (!value)
                return -ENOMEM;
        r = property->get(context, object, value);
        if (r <= 0)
                return r;
        any = (WireAny){property->form, property->type, value};
        unpack(&any);
        rest = path + strcspn(path, ".");
        while (*rest == '.') {
                rest = take_segment(rest + 1, segment);
                if (!rest || !enter(&any, segment))
                        return 0;
        }
        if (!is_value(&any))
                return 0;
        *ret = any;
        return 1;
}
