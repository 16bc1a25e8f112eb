#include "wire/write.h"

static const WireLabel unlabelled = {0};

static void write_object(const WireSink *sink, Buf *out, const WireLabel *label,
                         const WireObject *object)
{
        size_t mark = sink->begin_object(out, label, object->type);

        wire_write_members(sink, out, object->type, object);
        sink->end_object(out, mark);
}

static void write_any(const WireSink *sink, Buf *out, const WireLabel *label, const WireAny *any)
{
        size_t mark;

        if (!sink->boxes_objects && (any->form == FORM_OBJECT || any->form == FORM_MOREF)) {
                wire_write(sink, out, label, any->form, any->value);
                return;
        }
        mark = sink->begin_box(out, label, any);
        wire_write(sink, out, &sink->boxed, any->form, any->value);
        sink->end_box(out, mark);
}

static void write_items(const WireSink *sink, Buf *out, const WireLabel *label, WireForm form,
                        const char *items, size_t n)
{
        const WireLabel *inner = sink->items_repeat ? label : &unlabelled;
        size_t mark = sink->begin_array(out, label);

        for (size_t i = 0; i < n; i++)
                wire_write(sink, out, inner, form, items + i * wire_form_size(form));
        sink->end_array(out, mark);
}

void wire_write(const WireSink *sink, Buf *out, const WireLabel *label, WireForm form,
                const void *value)
{
        /* All array structs begin with the pointer to their items; see schema/type.h. */
        const WireStrings *array = value;

        switch (form) {
        case FORM_OBJECT:
                write_object(sink, out, label, *(const WireObject *const *)value);
                break;
        case FORM_ANY:
                write_any(sink, out, label, value);
                break;
        case FORM_LONGS:
        case FORM_STRINGS:
        case FORM_MOREFS:
        case FORM_OBJECTS:
                write_items(sink, out, label, wire_form_item(form), (const char *)array->items,
                            array->n);
                break;
        case FORM_BOOL:
        case FORM_OPT_BOOL:
        case FORM_INT:
        case FORM_OPT_INT:
        case FORM_LONG:
        case FORM_OPT_LONG:
        case FORM_STRING:
        case FORM_TIME:
        case FORM_MOREF:
                sink->leaf(out, label, form, value);
                break;
        case FORM_NONE:
        case FORM_MAX:
                break;
        }
}

uint16_t wire_tag(const WireType *type, size_t index)
{
        while (index < wire_type_count(type) - type->n_fields)
                type = type->base;
        index -= wire_type_count(type) - type->n_fields;
        return (uint16_t)(wire_type_depth(type) << 8 | (index + 1));
}

void wire_write_members(const WireSink *sink, Buf *out, const WireType *type, const void *object)
{
        size_t n = wire_type_count(type);

        for (size_t i = 0; i < n; i++) {
                const WireField *field = wire_type_at(type, i);
                const WireLabel label = {field->name, wire_tag(type, i)};
                const void *value = (const char *)object + field->offset;

                if (!wire_is_unset(field->form, value))
                        wire_write(sink, out, &label, field->form, value);
        }
}
