#include "wire/write.h"

#include "schema/tables.h"

#include <inttypes.h>

static const WireLabel unlabelled = {0};

static void write_bare_fault(const WireWriter *writer, const WireLabel *label,
                             const LocalizedMethodFault *localized)
{
        static const WireLabel faultstring = {.name = "faultstring"};
        const MethodFault *fault = localized->fault;
        size_t mark = writer->sink->begin_object(writer->out, label, fault->type);

        if (localized->localized_message)
                writer->sink->leaf(writer->out, &faultstring, FORM_STRING,
                                   &localized->localized_message);
        wire_write_members(writer, fault->type, fault);
        writer->sink->end_object(writer->out, label, mark);
}

static void write_object(const WireWriter *writer, const WireLabel *label, const WireObject *object)
{
        size_t mark;

        if (writer->sink->bare_faults && object->type == &type_LocalizedMethodFault) {
                write_bare_fault(writer, label, (const void *)object);
                return;
        }
        mark = writer->sink->begin_object(writer->out, label, object->type);
        wire_write_members(writer, object->type, object);
        writer->sink->end_object(writer->out, label, mark);
}

static void write_any(const WireWriter *writer, const WireLabel *label, const WireAny *any)
{
        WireLabel inside = {0};
        size_t mark;

        if (!writer->sink->boxes_objects && (any->form == FORM_OBJECT || any->form == FORM_MOREF)) {
                wire_write(writer, label, any->form, any->value);
                return;
        }
        mark = writer->sink->begin_box(writer->out, label, any, &inside);
        wire_write(writer, &inside, any->form, any->value);
        writer->sink->end_box(writer->out, label, mark);
}

static void write_items(const WireWriter *writer, const WireLabel *label, WireForm form,
                        const char *items, size_t n)
{
        const WireLabel *inner = writer->sink->items_repeat ? label : &unlabelled;
        bool bracketed = !writer->sink->items_repeat;

        if (bracketed)
                writer->sink->begin_array(writer->out, label);
        for (size_t i = 0; i < n; i++)
                wire_write(writer, inner, form, items + i * wire_form_size(form));
        if (bracketed)
                writer->sink->end_array(writer->out);
}

void wire_write(const WireWriter *writer, const WireLabel *label, WireForm form, const void *value)
{
        /* All array structs begin with the pointer to their items; see schema/type.h. */
        const WireStrings *array = value;

        switch (form) {
        case FORM_OBJECT:
                write_object(writer, label, *(const WireObject *const *)value);
                break;
        case FORM_ANY:
                write_any(writer, label, value);
                break;
        case FORM_LONGS:
        case FORM_STRINGS:
        case FORM_MOREFS:
        case FORM_OBJECTS:
                write_items(writer, label, wire_form_item(form), (const char *)array->items,
                            array->n);
                break;
        case FORM_OPT_BOOL:
                writer->sink->leaf(writer->out, label, FORM_BOOL,
                                   &((const WireBool *)value)->value);
                break;
        case FORM_OPT_INT:
                writer->sink->leaf(writer->out, label, FORM_INT, &((const WireInt *)value)->value);
                break;
        case FORM_OPT_LONG:
                writer->sink->leaf(writer->out, label, FORM_LONG,
                                   &((const WireLong *)value)->value);
                break;
        case FORM_BOOL:
        case FORM_INT:
        case FORM_LONG:
        case FORM_STRING:
        case FORM_TIME:
        case FORM_MOREF:
                writer->sink->leaf(writer->out, label, form, value);
                break;
        case FORM_NONE:
        case FORM_MAX:
                break;
        }
}

void wire_put_scalar(Buf *out, WireForm form, const void *value)
{
        if (form == FORM_BOOL)
                buf_puts(out, *(const bool *)value ? "true" : "false");
        else if (form == FORM_INT)
                buf_putf(out, "%" PRId32, *(const int32_t *)value);
        else if (form == FORM_LONG)
                buf_putf(out, "%" PRId64, *(const int64_t *)value);
}

uint16_t wire_tag(const WireType *type, size_t index)
{
        while (index < wire_type_count(type) - type->n_fields)
                type = type->base;
        index -= wire_type_count(type) - type->n_fields;
        return (uint16_t)(wire_type_depth(type) << 8 | (index + 1));
}

void wire_write_members(const WireWriter *writer, const WireType *type, const void *object)
{
        size_t n = wire_type_count(type);

        for (size_t i = 0; i < n; i++) {
                const WireField *field = wire_type_at(type, i);
                const WireLabel label = {field->name, wire_tag(type, i), field->type};
                const void *value = (const char *)object + field->offset;

                if (field->since <= writer->version && !wire_is_unset(field->form, value))
                        wire_write(writer, &label, field->form, value);
        }
}
