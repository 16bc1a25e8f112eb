#pragma once

/* For tests of SOAP: a call written as clients do, since the product itself only answers. */

#include "schema/tables.h"
#include "wire/soap.h"

#define SOAP_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define SOAP_SPACE       "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_XSI         "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define SOAP_XSD         "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""

/* A call around the members of @object, which are its parameters. */
static inline void write_call(Buf *out, const WireObject *object)
{
        const WireWriter writer = {out, &soap_sink, WIRE_ALL_VERSIONS};

        buf_puts(out, "<e:Envelope xmlns:e=\"" SOAP_SPACE "\" " SOAP_XSI " " SOAP_XSD "><e:Body>"
                      "<Call xmlns=\"urn:vim25\"><_this type=\"T\">t</_this>");
        wire_write_members(&writer, object->type, object);
        buf_puts(out, "</Call></e:Body></e:Envelope>");
}

/* Both steps of reading. */
static inline int read_call(Arena *arena, const char *text, size_t size, const WireType *type,
                            void **ret, WireError *error)
{
        SoapRequest request;
        int r = soap_open(arena, text, size, &request, error);

        return r < 0 ? r : soap_read(arena, &request, type, ret, error);
}
