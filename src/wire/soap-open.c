/* The envelope of SOAP 1.1, inwards: what is called, and on which object. */

#include "wire/reader.h"
#include "wire/soap.h"

#include <ctype.h>

#define SPACE_SOAP_11  "http://schemas.xmlsoap.org/soap/envelope/"
#define SPACE_SOAP_12  "http://www.w3.org/2003/05/soap-envelope"
#define SPACE_VIM      "urn:vim25"
#define SPACE_INTERNAL "urn:internalvim25" /* govmomi has a few calls in it */

static bool element_is(const XmlElement *element, const char *space, const char *name)
{
        return element && strcmp(element->space, space) == 0 && strcmp(element->name, name) == 0;
}

static const char *find_operation_id(const XmlElement *header)
{
        for (const XmlElement *entry = header->children; entry; entry = entry->next)
                if (strcmp(entry->name, "operationID") == 0 && entry->text_size)
                        return entry->text;
        return NULL;
}

/* Return: the body, or NULL with the error filled in. */
static const XmlElement *open_envelope(WireReader *reader, const XmlElement *root,
                                       SoapRequest *request)
{
        const XmlElement *part = root->children;

        if (element_is(root, SPACE_SOAP_12, "Envelope")) {
                wire_fail(reader, WIRE_MALFORMED, "the envelope has to be one of SOAP 1.1");
                return NULL;
        }
        if (!element_is(root, SPACE_SOAP_11, "Envelope")) {
                wire_fail(reader, WIRE_MALFORMED, "'%.64s' is no SOAP envelope", root->name);
                return NULL;
        }
        if (element_is(part, SPACE_SOAP_11, "Header")) {
                request->operation_id = find_operation_id(part);
                part = part->next;
        }
        if (!element_is(part, SPACE_SOAP_11, "Body")) {
                wire_fail(reader, WIRE_MALFORMED, "the envelope has no body");
                return NULL;
        }
        return part;
}

static int take_receiver(WireReader *reader, const XmlElement *element, Moref *ret)
{
        size_t mark = wire_path_push(reader, "_this");
        char *type = NULL, *value = NULL;
        int r;

        if (!element || strcmp(element->name, "_this") != 0)
                return wire_fail(reader, WIRE_BAD_VALUE, "is required, before all parameters");
        if (!element->type || element->children)
                return wire_fail(reader, WIRE_BAD_VALUE,
                                 "has to be a ManagedObjectReference with its type");
        r = wire_take_string(reader, element->type, strlen(element->type), NULL, &type);
        if (r >= 0)
                r = wire_take_string(reader, element->text, element->text_size, NULL, &value);
        if (r < 0)
                return r;
        *ret = (Moref){type, value};
        wire_path_pop(reader, mark);
        return 0;
}

static int open_body(WireReader *reader, const XmlElement *body, SoapRequest *ret)
{
        const XmlElement *call = body->children;
        int r;

        if (!call || call->next)
                return wire_fail(reader, WIRE_MALFORMED, "the body has to hold one call");
        if (strcmp(call->space, SPACE_VIM) != 0 && strcmp(call->space, SPACE_INTERNAL) != 0)
                return wire_fail(reader, WIRE_MALFORMED, "'%.64s' is not in the namespace %s",
                                 call->name, SPACE_VIM);
        r = take_receiver(reader, call->children, &ret->receiver);
        if (r < 0)
                return r;
        ret->method = call->name;
        ret->parameters = call->children->next;
        return 0;
}

int soap_open(Arena *arena, const char *text, size_t size, SoapRequest *ret, WireError *error)
{
        WireReader reader = {.arena = arena, .error = error};
        const XmlElement *root = NULL, *body;
        SoapRequest request = {0};
        int r;

        r = xml_read(arena, text, size, &root, error);
        if (r < 0)
                return r;
        body = open_envelope(&reader, root, &request);
        if (!body)
                return -EBADMSG;
        r = open_body(&reader, body, &request);
        if (r >= 0)
                *ret = request;
        return r;
}

/* What stands behind the name of the namespace, or NULL. */
static const char *skip_space(const char *text)
{
        static const char *const spaces[] = {SPACE_VIM "/", SPACE_INTERNAL "/"};

        text += strspn(text, " \t\"");
        for (size_t i = 0; i < ELEMENTS(spaces); i++)
                if (strncmp(text, spaces[i], strlen(spaces[i])) == 0)
                        return text + strlen(spaces[i]);
        return NULL;
}

/* 8.0.3.0, 6.7, or, as it once was, 2.5u2server. */
uint32_t soap_action_version(const char *header)
{
        const char *text = header ? skip_space(header) : NULL;
        uint32_t version = 0;

        if (!text)
                return WIRE_ALL_VERSIONS;
        for (int shift = 24; shift >= 0; shift -= 8) {
                char *end = NULL;
                unsigned long part = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 256;

                if (part > UINT8_MAX)
                        return WIRE_ALL_VERSIONS;
                version |= (uint32_t)part << shift;
                text = end;
                if (*text != '.' && *text != 'u')
                        break;
                text++;
        }
        while (isalpha((unsigned char)*text))
                text++;
        return text[strspn(text, " \t\"")] ? WIRE_ALL_VERSIONS : version;
}
