/* VI/JSON, outwards. Source: vSphere VI JSON API 8.0.2.0; RFC 8259. */

#include "base/clock.h"
#include "schema/tables.h"
#include "wire/write.h"

void json_write_string(Buf *out, const char *text)
{
        const char *plain = text;

        buf_putc(out, '"');
        for (const char *p = text;; p++) {
                unsigned char c = (unsigned char)*p;

                if (c >= 0x20 && c != '"' && c != '\\')
                        continue;
                buf_put(out, plain, (size_t)(p - plain));
                plain = p + 1;
                if (!c)
                        break;
                if (c == '"' || c == '\\')
                        buf_putf(out, "\\%c", c);
                else if (c == '\n')
                        buf_puts(out, "\\n");
                else
                        buf_putf(out, "\\u%04x", c);
        }
        buf_putc(out, '"');
}

/* A comma where something stands before, and the name. Every value ends in another character. */
static void json_open(Buf *out, const WireLabel *label)
{
        char last = '\0';

        if (out->size > 0)
                last = out->data[out->size - 1];
        if (last && last != '{' && last != '[' && last != ':')
                buf_putc(out, ',');
        if (label && label->name) {
                json_write_string(out, label->name);
                buf_putc(out, ':');
        }
}

static void put_type_name(Buf *out, const char *name)
{
        buf_puts(out, "{\"_typeName\":");
        json_write_string(out, name);
}

static size_t json_begin_object(Buf *out, const WireLabel *label, const WireType *type)
{
        json_open(out, label);
        put_type_name(out, type->name);
        return 0;
}

static void json_end_object(Buf *out, const WireLabel *label, size_t mark)
{
        (void)label;
        (void)mark;
        buf_putc(out, '}');
}

static void json_begin_array(Buf *out, const WireLabel *label)
{
        json_open(out, label);
        buf_putc(out, '[');
}

static void json_end_array(Buf *out)
{
        buf_putc(out, ']');
}

/* Names of boxes: vi-json "Any", 8.0.2.0. */
static const char *const box_names[FORM_MAX] = {
        [FORM_BOOL] = "boolean",
        [FORM_OPT_BOOL] = "boolean",
        [FORM_INT] = "int",
        [FORM_OPT_INT] = "int",
        [FORM_LONG] = "long",
        [FORM_OPT_LONG] = "long",
        [FORM_STRING] = "string",
        [FORM_TIME] = "dateTime",
        [FORM_LONGS] = "ArrayOfLong",
        [FORM_STRINGS] = "ArrayOfString",
        [FORM_MOREFS] = "ArrayOfManagedObjectReference",
        [FORM_OBJECTS] = "ArrayOfAnyType",
};

static size_t json_begin_box(Buf *out, const WireLabel *label, const WireAny *any,
                             WireLabel *ret_inside)
{
        Buf text = {.max = 256};

        json_open(out, label);
        if (any->form == FORM_OBJECTS && any->type) {
                buf_putf(&text, "ArrayOf%s", any->type->name);
                put_type_name(out, buf_text(&text) ? text.data : "ArrayOfAnyType");
                buf_done(&text);
        } else if (any->type) {
                put_type_name(out, any->type->name); /* an enum names itself */
        } else {
                put_type_name(out, box_names[any->form]);
        }
        ret_inside->name = "_value";
        return 0;
}

static void json_leaf(Buf *out, const WireLabel *label, WireForm form, const void *value)
{
        char text[CLOCK_TEXT_MAX];
        const Moref *moref = value;

        json_open(out, label);
        switch (form) {
        case FORM_BOOL:
        case FORM_INT:
        case FORM_LONG:
                wire_put_scalar(out, form, value);
                break;
        case FORM_STRING:
                json_write_string(out, *(const char *const *)value);
                break;
        case FORM_TIME:
                clock_format(((const WireTime *)value)->usec, text);
                json_write_string(out, text);
                break;
        case FORM_MOREF:
                buf_puts(out, "{\"_typeName\":\"ManagedObjectReference\",\"type\":");
                json_write_string(out, moref->type);
                buf_puts(out, ",\"value\":");
                json_write_string(out, moref->value);
                buf_putc(out, '}');
                break;
        case FORM_NONE:
        case FORM_OPT_BOOL:
        case FORM_OPT_INT:
        case FORM_OPT_LONG:
        case FORM_OBJECT:
        case FORM_ANY:
        case FORM_LONGS:
        case FORM_STRINGS:
        case FORM_MOREFS:
        case FORM_OBJECTS:
        case FORM_MAX:
                break;
        }
}

const WireSink json_sink = {
        .begin_object = json_begin_object,
        .end_object = json_end_object,
        .begin_array = json_begin_array,
        .end_array = json_end_array,
        .begin_box = json_begin_box,
        .end_box = json_end_object,
        .leaf = json_leaf,
        .bare_faults = true,
};

void json_write(Buf *out, WireForm form, const void *value)
{
        const WireWriter writer = {out, &json_sink, WIRE_ALL_VERSIONS};

        wire_write(&writer, NULL, form, value);
}

void json_write_fault(Buf *out, const Fault *fault)
{
        const LocalizedMethodFault localized = {
                .type = &type_LocalizedMethodFault,
                .fault = fault->detail,
                .localized_message = (char *)fault->message,
        };
        const LocalizedMethodFault *value = &localized;

        json_write(out, FORM_OBJECT, &value);
}
