/* The channel's encoding, inwards: the bytes are an enemy's. Source: PROTOCOL.md, "Messages". */

#include "wire/reader.h"
#include "wire/tlv.h"

/* A view of bytes not yet read. */
typedef struct Bytes {
        const unsigned char *data;
        size_t size;
} Bytes;

static int read_members(WireReader *reader, Bytes bytes, WireObject *object);

static uint64_t get_number(const unsigned char *data, size_t n)
{
        uint64_t value = 0;

        for (size_t i = 0; i < n; i++)
                value |= (uint64_t)data[i] << (8 * i);
        return value;
}

static int take_element(WireReader *reader, Bytes *bytes, uint16_t *ret_tag, Bytes *ret_value)
{
        uint32_t length;

        if (bytes->size < TLV_HEADER_BYTES)
                return wire_fail(reader, WIRE_MALFORMED, "an element's header is cut off");
        length = (uint32_t)get_number(bytes->data + 2, 4);
        if (length > bytes->size - TLV_HEADER_BYTES)
                return wire_fail(reader, WIRE_MALFORMED, "an element is longer than what holds it");
        *ret_tag = (uint16_t)get_number(bytes->data, 2);
        *ret_value = (Bytes){bytes->data + TLV_HEADER_BYTES, length};
        bytes->data += TLV_HEADER_BYTES + length;
        bytes->size -= TLV_HEADER_BYTES + length;
        return 0;
}

/* A name with its length in one byte in front. */
static int take_name(WireReader *reader, Bytes *bytes, char **ret)
{
        size_t n;
        int r;

        if (bytes->size < 1 || bytes->size - 1 < bytes->data[0])
                return wire_fail(reader, WIRE_MALFORMED, "a name is cut off");
        n = bytes->data[0];
        r = wire_take_string(reader, (const char *)bytes->data + 1, n, NULL, ret);
        bytes->data += 1 + n;
        bytes->size -= 1 + n;
        return r;
}

static int read_number(WireReader *reader, const Bytes *bytes, size_t n, uint64_t *ret)
{
        if (bytes->size != n)
                return wire_fail(reader, WIRE_BAD_VALUE, "has %zu bytes instead of %zu",
                                 bytes->size, n);
        *ret = get_number(bytes->data, n);
        return 0;
}

static int read_integer(WireReader *reader, const void *bytes, WireForm form, int64_t *ret)
{
        uint64_t number = 0;
        int r = read_number(reader, bytes, form == FORM_INT ? 4 : 8, &number);

        *ret = form == FORM_INT ? (int32_t)(uint32_t)number : (int64_t)number;
        return r;
}

static int read_time(WireReader *reader, const void *bytes, WireTime *ret)
{
        ret->set = true;
        return read_integer(reader, bytes, FORM_LONG, &ret->usec);
}

static int read_string(WireReader *reader, const void *node, const WireType *values, char **ret)
{
        const Bytes *bytes = node;

        return wire_take_string(reader, (const char *)bytes->data, bytes->size, values, ret);
}

static int read_bool(WireReader *reader, const void *bytes, bool *ret)
{
        uint64_t number = 0;
        int r = read_number(reader, bytes, 1, &number);

        if (r >= 0 && number > 1)
                r = wire_fail(reader, WIRE_BAD_VALUE, "is neither 0 nor 1");
        *ret = number == 1;
        return r;
}

static int read_moref(WireReader *reader, const void *node, Moref *ret)
{
        Bytes bytes = *(const Bytes *)node;
        char *type = NULL, *value = NULL;
        int r = take_name(reader, &bytes, &type);

        if (r >= 0)
                r = wire_take_string(reader, (const char *)bytes.data, bytes.size, NULL, &value);
        *ret = (Moref){type, value};
        return r;
}

static int read_object(WireReader *reader, const void *node, const WireType *declared,
                       WireObject **ret)
{
        Bytes bytes = *(const Bytes *)node;
        char *name = NULL;
        int r;

        if (reader->depth >= WIRE_DEPTH_MAX)
                return wire_fail(reader, WIRE_BAD_VALUE, "is nested too deeply");
        r = take_name(reader, &bytes, &name);
        if (r >= 0)
                r = wire_begin(reader, declared, name, ret);
        if (r < 0)
                return r;
        reader->depth++;
        r = read_members(reader, bytes, *ret);
        reader->depth--;
        return r;
}

/* How many of the elements in @bytes carry @tag. */
static int count_elements(WireReader *reader, Bytes bytes, uint16_t tag, size_t *ret)
{
        uint16_t found = 0;
        Bytes value = {0};
        int r = 0;

        *ret = 0;
        while (r >= 0 && bytes.size > 0) {
                r = take_element(reader, &bytes, &found, &value);
                if (r >= 0 && found == tag)
                        (*ret)++;
        }
        return r;
}

/* The items of an array are all elements of @bytes that carry @tag, wherever they stand. */
static int read_array(WireReader *reader, Bytes bytes, uint16_t tag, WireForm form,
                      const WireType *type, void *ret)
{
        WireForm item = wire_form_item(form);
        WireStrings *array = ret;
        size_t n, i = 0;
        int r;

        r = count_elements(reader, bytes, tag, &n);
        if (r >= 0)
                r = wire_take_array(reader, form, n, ret);
        while (r >= 0 && i < n) {
                uint16_t found = 0;
                Bytes value = {0};

                r = take_element(reader, &bytes, &found, &value);
                if (r < 0 || found != tag)
                        continue;
                r = wire_read_value(reader, &value, item, type,
                                    (char *)array->items + i * wire_form_size(item));
                i++;
        }
        return r;
}

static int read_any(WireReader *reader, const void *node, WireAny *ret)
{
        Bytes bytes = *(const Bytes *)node;
        WireForm form;
        uint16_t tag = 0;
        Bytes value = {0};
        void *variable;
        int r;

        if (bytes.size < 1)
                return wire_fail(reader, WIRE_MALFORMED, "a boxed value has no form");
        form = (WireForm)bytes.data[0];
        if (form <= FORM_NONE || form >= FORM_MAX || form == FORM_ANY)
                return wire_fail(reader, WIRE_BAD_VALUE, "is boxed in an unknown form");
        bytes.data++;
        bytes.size--;
        variable = wire_begin_any(reader, form, NULL, ret);
        if (!variable)
                return -ENOMEM;
        if (wire_form_item(form) != FORM_NONE)
                return read_array(reader, bytes, TLV_TAG_BOXED, form, NULL, variable);
        r = take_element(reader, &bytes, &tag, &value);
        if (r >= 0 && (tag != TLV_TAG_BOXED || bytes.size > 0))
                r = wire_fail(reader, WIRE_MALFORMED, "a box holds one value");
        if (r >= 0)
                r = wire_read_value(reader, &value, form, NULL, variable);
        if (r >= 0)
                wire_end_any(ret);
        return r;
}

static const WireSource tlv_source = {
        .boolean = read_bool,
        .integer = read_integer,
        .string = read_string,
        .time = read_time,
        .moref = read_moref,
        .object = read_object,
        .any = read_any,
};

static bool find_tag(const WireType *type, uint16_t tag, size_t *ret_index)
{
        unsigned int depth = tag >> 8, position = tag & 0xff;

        while (type && wire_type_depth(type) > depth)
                type = type->base;
        if (!type || wire_type_depth(type) != depth || position < 1 || position > type->n_fields)
                return false;
        *ret_index = wire_type_count(type) - type->n_fields + position - 1;
        return true;
}

static int read_member(WireReader *reader, Bytes whole, Bytes value, uint16_t tag, size_t index,
                       bool again, WireObject *object)
{
        const WireField *field = wire_type_at(object->type, index);
        void *at = (char *)object + field->offset;

        if (wire_form_item(field->form) != FORM_NONE)
                return again ? 0 : read_array(reader, whole, tag, field->form, field->type, at);
        if (again)
                return wire_fail(reader, WIRE_BAD_VALUE, "is given twice");
        return wire_read_value(reader, &value, field->form, field->type, at);
}

static int read_members(WireReader *reader, Bytes bytes, WireObject *object)
{
        const Bytes whole = bytes;
        uint64_t seen = 0;
        int r;

        while (bytes.size > 0) {
                size_t index = 0, mark;
                uint16_t tag = 0;
                Bytes value = {0};

                r = take_element(reader, &bytes, &tag, &value);
                if (r < 0)
                        return r;
                if (!find_tag(object->type, tag, &index))
                        continue; /* of a newer protocol */
                mark = wire_path_push(reader, wire_type_at(object->type, index)->name);
                r = read_member(reader, whole, value, tag, index, seen & (uint64_t)1 << index,
                                object);
                if (r < 0)
                        return r;
                wire_path_pop(reader, mark);
                seen |= (uint64_t)1 << index;
        }
        return wire_end(reader, object, seen);
}

int tlv_read(Arena *arena, const void *data, size_t size, const WireType *type, void *ret,
             WireError *error)
{
        WireReader reader = {.source = &tlv_source, .arena = arena, .error = error};
        WireObject *object = NULL;
        int r;

        *error = (WireError){0};
        r = wire_begin(&reader, type, NULL, &object);
        if (r >= 0)
                r = read_members(&reader, (Bytes){data, size}, object);
        if (r >= 0)
                *(WireObject **)ret = object;
        return r;
}
