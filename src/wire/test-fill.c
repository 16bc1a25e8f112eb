#include "wire/test-fill.h"

bool is_concrete(const WireType *type)
{
        return !type->abstract && !type->values;
}

/* One after the other of the types that may stand where @declared is wanted. */
static const WireType *pick_type(Filler *filler, const WireType *declared)
{
        size_t start = filler->turn++;

        if (!declared)
                declared =
                        filler->depth > 1 ? &type_AgentClock : &type_StartProgramInGuestRequestType;
        for (size_t i = 0; i < n_wire_types; i++) {
                const WireType *type = wire_types[(start + i) % n_wire_types];

                if (is_concrete(type) && wire_type_is(type, declared))
                        return type;
        }
        return NULL;
}

static char *fill_string(Filler *filler, const WireType *values)
{
        static const char *const texts[] = {"",     "a",          "/bin/sh", "\xc3\xa4\xe2\x82\xac",
                                            "a\nb", "\"quoted\\", "A=1",     "\x01\x7f"};
        size_t turn = filler->turn++, n = 0;

        if (!values)
                return arena_strdup(filler->arena, texts[turn % ELEMENTS(texts)]);
        while (values->values[n])
                n++;
        return arena_strdup(filler->arena, values->values[turn % n]);
}

static int64_t fill_number(Filler *filler)
{
        static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, 255, 256, 4242424242};

        return numbers[filler->turn++ % ELEMENTS(numbers)];
}

static void fill_value(Filler *filler, WireForm form, const WireType *type, void *at);

static void fill_array(Filler *filler, WireForm form, const WireType *type, void *at)
{
        WireForm item = wire_form_item(form);
        WireStrings *array = at;

        array->n = 1 + filler->turn++ % 3;
        array->items = arena_array(filler->arena, array->n, wire_form_size(item));
        for (size_t i = 0; i < array->n; i++)
                fill_value(filler, item, type, (char *)array->items + i * wire_form_size(item));
}

static void fill_any(Filler *filler, WireAny *any)
{
        void *value;

        do
                any->form = (WireForm)(1 + filler->turn++ % (FORM_MAX - 1));
        while (any->form == FORM_ANY || (filler->for_json && any->form == FORM_OBJECTS) ||
               (filler->depth > 4 && (any->form == FORM_OBJECT || any->form == FORM_OBJECTS)));
        value = arena_alloc(filler->arena, wire_form_size(any->form));
        fill_value(filler, any->form, NULL, value);
        any->value = value;
        if (any->form == FORM_OBJECT)
                any->type = (*(WireObject *const *)value)->type;
}

static void fill_value(Filler *filler, WireForm form, const WireType *type, void *at)
{
        switch (form) {
        case FORM_BOOL:
                *(bool *)at = filler->turn++ % 2;
                break;
        case FORM_OPT_BOOL:
                *(WireBool *)at = (WireBool){true, filler->turn++ % 2};
                break;
        case FORM_INT:
                *(int32_t *)at = (int32_t)fill_number(filler);
                break;
        case FORM_OPT_INT:
                *(WireInt *)at = (WireInt){true, (int32_t)fill_number(filler)};
                break;
        case FORM_LONG:
                *(int64_t *)at = fill_number(filler);
                break;
        case FORM_OPT_LONG:
                *(WireLong *)at = (WireLong){true, fill_number(filler)};
                break;
        case FORM_STRING:
                *(char **)at = fill_string(filler, type);
                break;
        case FORM_TIME:
                *(WireTime *)at = (WireTime){
                        true, filler->as_text ? 1000003 * (int64_t)filler->turn++ - 5000000
                                              : fill_number(filler)};
                break;
        case FORM_MOREF:
                ((Moref *)at)->type = fill_string(filler, NULL);
                ((Moref *)at)->value = fill_string(filler, NULL);
                break;
        case FORM_OBJECT:
                *(void **)at = fill_object(filler, pick_type(filler, type));
                break;
        case FORM_ANY:
                fill_any(filler, at);
                break;
        case FORM_LONGS:
        case FORM_STRINGS:
        case FORM_MOREFS:
        case FORM_OBJECTS:
                fill_array(filler, form, type, at);
                break;
        case FORM_NONE:
        case FORM_MAX:
                abort();
        }
}

void *fill_object(Filler *filler, const WireType *type)
{
        WireObject *object = arena_alloc(filler->arena, type->size);

        object->type = type;
        filler->depth++;
        for (size_t i = 0; i < wire_type_count(type); i++) {
                const WireField *field = wire_type_at(type, i);
                bool nests = field->form == FORM_OBJECT || field->form == FORM_OBJECTS;

                if (field->presence == OPTIONAL &&
                    (filler->only_required || (nests && filler->depth > 2)))
                        continue;
                fill_value(filler, field->form, field->type, (char *)object + field->offset);
        }
        filler->depth--;
        return object;
}

static bool value_is_whole(WireForm form, const WireType *type, const void *at)
{
        const WireAny *any = at;
        const WireObjects *objects = at;
        const WireMorefs *morefs = at;

        switch (form) {
        case FORM_STRING:
                return !type || wire_enum_has(type, *(char *const *)at);
        case FORM_MOREF:
                return ((const Moref *)at)->type != NULL;
        case FORM_OBJECT:
                return is_whole(*(const WireObject *const *)at, type);
        case FORM_OBJECTS:
                for (size_t i = 0; i < objects->n; i++)
                        if (!objects->items[i] || !is_whole(objects->items[i], type))
                                return false;
                return true;
        case FORM_MOREFS:
                for (size_t i = 0; i < morefs->n; i++)
                        if (!morefs->items[i].type || !morefs->items[i].value)
                                return false;
                return true;
        case FORM_STRINGS:
                for (size_t i = 0; i < ((const WireStrings *)at)->n; i++)
                        if (!((const WireStrings *)at)->items[i])
                                return false;
                return true;
        case FORM_ANY:
                return any->value && (any->form != FORM_OBJECT || any->type) &&
                       (wire_form_item(any->form) != FORM_NONE ||
                        !wire_is_unset(any->form, any->value)) &&
                       value_is_whole(any->form, NULL, any->value);
        case FORM_BOOL:
        case FORM_OPT_BOOL:
        case FORM_INT:
        case FORM_OPT_INT:
        case FORM_LONG:
        case FORM_OPT_LONG:
        case FORM_TIME:
        case FORM_LONGS:
                return true;
        case FORM_NONE:
        case FORM_MAX:
                break;
        }
        return false;
}

bool is_whole(const WireObject *object, const WireType *declared)
{
        if (!is_concrete(object->type) || (declared && !wire_type_is(object->type, declared)))
                return false;
        for (size_t i = 0; i < wire_type_count(object->type); i++) {
                const WireField *field = wire_type_at(object->type, i);
                const void *at = (const char *)object + field->offset;

                if (wire_is_unset(field->form, at)) {
                        if (field->presence == REQUIRED)
                                return false;
                        continue;
                }
                if (!value_is_whole(field->form, field->type, at))
                        return false;
        }
        return true;
}
