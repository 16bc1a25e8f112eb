#pragma once

/*
 * Values to bytes: one walk over the type tables, one sink for each spelling.
 */

#include "base/buf.h"
#include "schema/fault.h"
#include "schema/type.h"

/* What names a value inside its container; the root and the items of a JSON array have none. */
typedef struct WireLabel {
        const char *name;
        uint16_t tag;
        const WireType *declared; /* of objects: what its table says, NULL for any */
} WireLabel;

typedef struct WireSink {
        /* The begin functions return a mark that the matching end is given. */
        size_t (*begin_object)(Buf *out, const WireLabel *label, const WireType *type);
        void (*end_object)(Buf *out, const WireLabel *label, size_t mark);
        /* Not asked for where items repeat their label. */
        void (*begin_array)(Buf *out, const WireLabel *label);
        void (*end_array)(Buf *out);
        /* A value of declared type xsd:anyType that does not name its type by itself: fills in what
           names it inside its box. */
        size_t (*begin_box)(Buf *out, const WireLabel *label, const WireAny *any,
                            WireLabel *ret_inside);
        void (*end_box)(Buf *out, const WireLabel *label, size_t mark);
        /* @form: of a value that is there, so never one of the optional ones. */
        void (*leaf)(Buf *out, const WireLabel *label, WireForm form, const void *value);
        bool items_repeat;  /* items carry their array's label, as in XML */
        bool boxes_objects; /* objects in an anyType are boxed too */
        bool bare_faults;   /* a LocalizedMethodFault is the fault, with its text as faultstring */
} WireSink;

/* JSON as VI/JSON has it; TLV as PROTOCOL.md has it. SOAP is in wire/soap.h. */
extern const WireSink json_sink;
extern const WireSink tlv_sink;

#define WIRE_ALL_VERSIONS UINT32_MAX

/* One walk over the tables: where the bytes go, how they are spelled, and for whom. */
typedef struct WireWriter {
        Buf *out;
        const WireSink *sink;
        uint32_t version; /* the API_VERSION() that the client knows: newer members are left out */
} WireWriter;

/* Writes one value. @value is a variable of @form. Errors stay in the writer's Buf. */
void wire_write(const WireWriter *writer, const WireLabel *label, WireForm form, const void *value);

/* Writes the members of @object that are set. */
void wire_write_members(const WireWriter *writer, const WireType *type, const void *object);

/* Writes a boolean or a number as JSON and XML Schema have it. */
void wire_put_scalar(Buf *out, WireForm form, const void *value);

/* Return: the tag of field number @index of @type in the channel's encoding. */
uint16_t wire_tag(const WireType *type, size_t index);

/* Writes one value as a JSON document: bare, as the result of a method or of a property. */
void json_write(Buf *out, WireForm form, const void *value);

/* Writes a fault with its faultstring, as the body of a 500. */
void json_write_fault(Buf *out, const Fault *fault);

/* Writes @text as a JSON string with its quotes. */
void json_write_string(Buf *out, const char *text);

/* Writes an object as the payload of a channel message. */
void tlv_write(Buf *out, const void *object);
