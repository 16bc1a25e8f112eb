#pragma once

/* For tests of SOAP. */

#include "schema/tables.h"
#include "wire/soap.h"

#define SOAP_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define SOAP_SPACE       "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_XSI         "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define SOAP_XSD         "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""

/* Both steps of reading. */
static inline int read_call(Arena *arena, const char *text, size_t size, const WireType *type,
                            void **ret, WireError *error)
{
        SoapRequest request;
        int r = soap_open(arena, text, size, &request, error);

        return r < 0 ? r : soap_read(arena, &request, type, ret, error);
}
