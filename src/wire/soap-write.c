/*
 * SOAP, outwards. Sources: SOAP 1.1; WSDL of vSphere 8.0.2.0; XML 1.0.
 *
 * Prefixes are what they are because rbvmomi looks for "soapenv:" and "xsd:" by name. For it too,
 * nothing stands between elements: it takes the first node below <detail> for the fault.
 */

#include "base/clock.h"
#include "wire/soap.h"

#include <limits.h>

#define ENVELOPE_BEGIN                                                                             \
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                             \
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""            \
        " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""                                          \
        " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
#define ENVELOPE_END "</soapenv:Body></soapenv:Envelope>"

#define REPLACEMENT "\xef\xbf\xbd"

/* Return: the bytes of a character that XML 1.0 cannot hold in any way, 0 for all others. */
static size_t forbidden_length(const char *p)
{
        if (strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0)
                return 3;
        return (unsigned char)*p < 0x20 && !strchr("\t\n\r", *p);
}

/* Return: how a character has to be written, or NULL where it stands for itself. */
static const char *escape(char c, bool in_attribute)
{
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '\r': /* a parser would make it a line feed */
                return "&#xD;";
        case '"':
                return in_attribute ? "&quot;" : NULL;
        case '\t': /* and these it would make blanks there */
                return in_attribute ? "&#x9;" : NULL;
        case '\n':
                return in_attribute ? "&#xA;" : NULL;
        default:
                return NULL;
        }
}

/* The first bytes of all that may have to be written in another way. */
static const bool is_special[UCHAR_MAX + 1] = {
        [0 ... 0x1f] = true, ['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true, [0xef] = true,
};

static void put_text(Buf *out, const char *text, bool in_attribute)
{
        const char *plain = text, *p = text;

        for (;;) {
                size_t length;
                const char *instead;

                while (!is_special[(unsigned char)*p])
                        p++;
                if (!*p)
                        break;
                length = forbidden_length(p);
                instead = length ? REPLACEMENT : escape(*p, in_attribute);
                if (instead) {
                        buf_put(out, plain, (size_t)(p - plain));
                        buf_puts(out, instead);
                }
                p += length ? length : 1;
                if (instead)
                        plain = p;
        }
        buf_put(out, plain, (size_t)(p - plain));
}

/* Instead of buf_putf(), which takes longer than all the rest. */
static void put_three(Buf *out, const char *before, const char *name, const char *behind)
{
        buf_puts(out, before);
        buf_puts(out, name);
        buf_puts(out, behind);
}

typedef struct Attributes {
        const char *xsi_type, *moref_type; /* NULL: not that one */
        bool is_array_of;                  /* such a type */
} Attributes;

/* Begins an element; one without a name has been begun by its box. */
static void begin_element(Buf *out, const WireLabel *label, Attributes attributes)
{
        if (!label->name)
                return;
        buf_putc(out, '<');
        buf_puts(out, label->name);
        if (attributes.xsi_type)
                put_three(out, attributes.is_array_of ? " xsi:type=\"ArrayOf" : " xsi:type=\"",
                          attributes.xsi_type, "\"");
        if (attributes.moref_type) {
                buf_puts(out, " type=\"");
                put_text(out, attributes.moref_type, true);
                buf_putc(out, '"');
        }
        buf_putc(out, '>');
}

static void end_element(Buf *out, const WireLabel *label)
{
        if (label->name)
                put_three(out, "</", label->name, ">");
}

static bool is_localized(const WireLabel *label)
{
        return label->name && strcmp(label->name, SOAP_LOCALIZED) == 0;
}

static size_t soap_begin_object(Buf *out, const WireLabel *label, const WireType *type)
{
        if (is_localized(label))
                put_three(out, "<" SOAP_LOCALIZED "><fault xsi:type=\"", type->name, "\">");
        else
                begin_element(out, label,
                              (Attributes){type == label->declared ? NULL : type->name});
        return 0;
}

static void soap_end_object(Buf *out, const WireLabel *label, size_t mark)
{
        (void)mark;
        if (is_localized(label))
                buf_puts(out, "</fault>");
        end_element(out, label);
}

/* anyType: names of its types, and of the elements inside those that are arrays. */
static const struct {
        const char *name, *item;
} boxes[FORM_MAX] = {
        [FORM_BOOL] = {"xsd:boolean"},
        [FORM_OPT_BOOL] = {"xsd:boolean"},
        [FORM_INT] = {"xsd:int"},
        [FORM_OPT_INT] = {"xsd:int"},
        [FORM_LONG] = {"xsd:long"},
        [FORM_OPT_LONG] = {"xsd:long"},
        [FORM_STRING] = {"xsd:string"},
        [FORM_TIME] = {"xsd:dateTime"},
        [FORM_MOREF] = {"ManagedObjectReference"},
        [FORM_LONGS] = {"ArrayOfLong", "long"},
        [FORM_STRINGS] = {"ArrayOfString", "string"},
        [FORM_MOREFS] = {"ArrayOfManagedObjectReference", "ManagedObjectReference"},
        [FORM_OBJECTS] = {"ArrayOfAnyType", "anyType"},
};

/* Objects and enums name themselves, and so do arrays of them. */
static size_t soap_begin_box(Buf *out, const WireLabel *label, const WireAny *any,
                             WireLabel *ret_inside)
{
        bool is_array = wire_form_item(any->form) != FORM_NONE;
        const char *moref_type = any->form == FORM_MOREF ? ((const Moref *)any->value)->type : NULL;
        const WireType *type = any->type;

        if (any->form == FORM_OBJECT)
                type = (*(const WireObject *const *)any->value)->type;
        begin_element(out, label,
                      (Attributes){
                              .xsi_type = type ? type->name : boxes[any->form].name,
                              .moref_type = moref_type,
                              .is_array_of = type && is_array,
                      });
        if (is_array)
                *ret_inside = (WireLabel){
                        .name = type ? type->name : boxes[any->form].item,
                        .declared = type,
                };
        return 0;
}

static void soap_end_box(Buf *out, const WireLabel *label, size_t mark)
{
        (void)mark;
        end_element(out, label);
}

static void put_value(Buf *out, WireForm form, const void *value)
{
        char text[CLOCK_TEXT_MAX];

        switch (form) {
        case FORM_BOOL:
        case FORM_INT:
        case FORM_LONG:
                wire_put_scalar(out, form, value);
                break;
        case FORM_STRING:
                put_text(out, *(const char *const *)value, false);
                break;
        case FORM_TIME:
                clock_format(((const WireTime *)value)->usec, text);
                buf_puts(out, text);
                break;
        case FORM_MOREF:
                put_text(out, ((const Moref *)value)->value, false);
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

static void soap_leaf(Buf *out, const WireLabel *label, WireForm form, const void *value)
{
        begin_element(
                out, label,
                (Attributes){
                        .moref_type = form == FORM_MOREF ? ((const Moref *)value)->type : NULL,
                });
        put_value(out, form, value);
        end_element(out, label);
}

const WireSink soap_sink = {
        .begin_object = soap_begin_object,
        .end_object = soap_end_object,
        .begin_box = soap_begin_box,
        .end_box = soap_end_box,
        .leaf = soap_leaf,
        .items_repeat = true,
        .boxes_objects = true,
};

void soap_write_response(Buf *out, const Method *method, const void *value, uint32_t version)
{
        const WireWriter writer = {out, &soap_sink, version};
        const WireLabel label = {.name = "returnval", .declared = method->result_type};

        put_three(out, ENVELOPE_BEGIN "<", method->name, "Response xmlns=\"urn:vim25\">");
        if (value && !wire_is_unset(method->result, value))
                wire_write(&writer, &label, method->result, value);
        put_three(out, "</", method->name, "Response>" ENVELOPE_END);
}

/* faultcode and its like are in no namespace, and so stand outside of ours. */
void soap_write_fault(Buf *out, const Fault *fault, uint32_t version)
{
        const WireWriter writer = {out, &soap_sink, version};
        const char *name = fault->detail->type->name;

        buf_puts(out, ENVELOPE_BEGIN "<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
                                     "<faultstring>");
        put_text(out, fault->message, false);
        buf_putf(out, "</faultstring><detail><%sFault xmlns=\"urn:vim25\" xsi:type=\"%s\">", name,
                 name);
        wire_write_members(&writer, fault->detail->type, fault->detail);
        buf_putf(out, "</%sFault></detail></soapenv:Fault>" ENVELOPE_END, name);
}
