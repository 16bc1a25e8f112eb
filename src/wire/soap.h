#pragma once

/*
 * SOAP 1.1 as vSphere speaks it: one call in one body, elements named by the type tables, all of
 * them in the namespace urn:vim25.
 *
 * Sources: SOAP 1.1; the WSDL of the vSphere Web Services API 8.0.2.0; what its clients send and
 * take, where that is narrower or wider.
 */

#include "schema/method.h"
#include "wire/read.h"
#include "wire/write.h"
#include "wire/xml.h"

/*
 * The one member that is of another type in SOAP: a LocalizedMethodFault, with the fault inside. In
 * VI/JSON, on the channel, and so in the tables, it is the MethodFault itself.
 */
#define SOAP_LOCALIZED "faultCause"

/* A call, as far as it is understood without its method's table. All of it lies in the arena. */
typedef struct SoapRequest {
        const char *method;
        Moref receiver;
        const char *operation_id;     /* the client's own name for the call, as sent; or NULL */
        const XmlElement *parameters; /* the first of them, or NULL */
} SoapRequest;

/**
 * soap_open() - find the call in an envelope
 *
 * Prefixes are the client's choice, or none. Of headers, only operationID is looked at.
 *
 * Return: 0, -EBADMSG or -ENOMEM; *@error is filled in.
 */
int soap_open(Arena *arena, const char *text, size_t size, SoapRequest *ret, WireError *error);

/**
 * soap_read() - decode the parameters of a call
 * @type:       of the parameter object
 *
 * Members may come in any order. xsi:nil is read as unset.
 *
 * Return: 0, -EBADMSG or -ENOMEM; *@error is filled in.
 */
int soap_read(Arena *arena, const SoapRequest *request, const WireType *type, void **ret,
              WireError *error);

/**
 * soap_action_version() - which version of the API a client speaks
 * @header:     the field SOAPAction, with quotes or without; NULL where there is none
 *
 * Return: an API_VERSION(), or WIRE_ALL_VERSIONS for a header that names no version: old bindings
 * send "" or "urn:vim25", and have always been given everything.
 */
uint32_t soap_action_version(const char *header);

/* For wire_write(): the elements without an envelope around them. */
extern const WireSink soap_sink;

/* Writes the answer to a call: the result of @method, none where @value is NULL or unset. */
void soap_write_response(Buf *out, const Method *method, const void *value, uint32_t version);

/* Writes a fault, as the body of a 500. */
void soap_write_fault(Buf *out, const Fault *fault, uint32_t version);
