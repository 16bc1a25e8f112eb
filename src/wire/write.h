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
} WireLabel;

typedef struct WireSink {
        /* The begin functions return a mark that the matching end is given. */
        size_t (*begin_object)(Buf *out, const WireLabel *label, const WireType *type);
        void (*end_object)(Buf *out, size_t mark);
        size_t (*begin_array)(Buf *out, const WireLabel *label);
        void (*end_array)(Buf *out, size_t mark);
        /* A value of declared type xsd:anyType that does not name its type by itself. */
        size_t (*begin_box)(Buf *out, const WireLabel *label, const WireAny *any);
        void (*end_box)(Buf *out, size_t mark);
        void (*leaf)(Buf *out, const WireLabel *label, WireForm form, const void *value);
        WireLabel boxed;    /* what names the value inside its box */
        bool items_repeat;  /* items carry their array's label, as in XML */
        bool boxes_objects; /* objects in an anyType are boxed too */
} WireSink;

/* JSON as VI/JSON has it; TLV as PROTOCOL.md has it. */
extern const WireSink json_sink;
extern const WireSink tlv_sink;

/* Writes one value. @value is a variable of @form. Errors stay in @out. */
void wire_write(const WireSink *sink, Buf *out, const WireLabel *label, WireForm form,
                const void *value);

/* Writes the members of @object that are set. */
void wire_write_members(const WireSink *sink, Buf *out, const WireType *type, const void *object);

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
