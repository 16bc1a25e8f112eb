#include "schema/type.h"

static const struct {
        size_t size;
        WireForm item; /* arrays: the form of one item */
} forms[FORM_MAX] = {
        [FORM_BOOL] = {sizeof(bool)},
        [FORM_OPT_BOOL] = {sizeof(WireBool)},
        [FORM_INT] = {sizeof(int32_t)},
        [FORM_OPT_INT] = {sizeof(WireInt)},
        [FORM_LONG] = {sizeof(int64_t)},
        [FORM_OPT_LONG] = {sizeof(WireLong)},
        [FORM_STRING] = {sizeof(char *)},
        [FORM_TIME] = {sizeof(WireTime)},
        [FORM_MOREF] = {sizeof(Moref)},
        [FORM_OBJECT] = {sizeof(void *)},
        [FORM_ANY] = {sizeof(WireAny)},
        [FORM_LONGS] = {sizeof(WireLongs), FORM_LONG},
        [FORM_STRINGS] = {sizeof(WireStrings), FORM_STRING},
        [FORM_MOREFS] = {sizeof(WireMorefs), FORM_MOREF},
        [FORM_OBJECTS] = {sizeof(WireObjects), FORM_OBJECT},
};

size_t wire_form_size(WireForm form)
{
        return forms[form].size;
}

WireForm wire_form_item(WireForm form)
{
        return forms[form].item;
}

bool wire_is_unset(WireForm form, const void *value)
{
        switch (form) {
        case FORM_BOOL:
        case FORM_INT:
        case FORM_LONG:
                return false;
        case FORM_OPT_BOOL:
                return !((const WireBool *)value)->set;
        case FORM_OPT_INT:
                return !((const WireInt *)value)->set;
        case FORM_OPT_LONG:
                return !((const WireLong *)value)->set;
        case FORM_TIME:
                return !((const WireTime *)value)->set;
        case FORM_STRING:
        case FORM_OBJECT:
                return !*(void *const *)value;
        case FORM_MOREF:
                return !((const Moref *)value)->value;
        case FORM_ANY:
                return ((const WireAny *)value)->form == FORM_NONE;
        case FORM_LONGS:
                return ((const WireLongs *)value)->n == 0;
        case FORM_STRINGS:
                return ((const WireStrings *)value)->n == 0;
        case FORM_MOREFS:
                return ((const WireMorefs *)value)->n == 0;
        case FORM_OBJECTS:
                return ((const WireObjects *)value)->n == 0;
        case FORM_NONE:
        case FORM_MAX:
                break;
        }
        return true;
}

bool wire_type_is(const WireType *type, const WireType *base)
{
        for (; type; type = type->base)
                if (type == base)
                        return true;
        return false;
}

unsigned int wire_type_depth(const WireType *type)
{
        unsigned int depth = 0;

        while ((type = type->base))
                depth++;
        return depth;
}

const WireField *wire_type_field(const WireType *type, const char *name)
{
        for (; type; type = type->base)
                for (size_t i = 0; i < type->n_fields; i++)
                        if (strcmp(type->fields[i].name, name) == 0)
                                return &type->fields[i];
        return NULL;
}

size_t wire_type_count(const WireType *type)
{
        size_t n = 0;

        for (; type; type = type->base)
                n += type->n_fields;
        return n;
}

const WireField *wire_type_at(const WireType *type, size_t index)
{
        size_t inherited = wire_type_count(type) - type->n_fields;

        while (index < inherited) {
                type = type->base;
                inherited -= type->n_fields;
        }
        return &type->fields[index - inherited];
}

bool wire_enum_has(const WireType *type, const char *value)
{
        for (const char *const *v = type->values; *v; v++)
                if (strcmp(*v, value) == 0)
                        return true;
        return false;
}

static int compare_name(const void *key, const void *row)
{
        return strcmp(key, (*(const WireType *const *)row)->name);
}

const WireType *wire_type_find(const char *name)
{
        const WireType *const *row =
                bsearch(name, wire_types, n_wire_types, sizeof(*wire_types), compare_name);

        return row ? *row : NULL;
}
