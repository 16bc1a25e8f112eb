/* The channel's encoding, outwards. Source: PROTOCOL.md, "Messages". */

#include "wire/tlv.h"
#include "wire/write.h"

static void put_bytes(Buf *out, uint64_t value, size_t n)
{
        unsigned char bytes[8];

        for (size_t i = 0; i < n; i++)
                bytes[i] = (unsigned char)(value >> (8 * i));
        buf_put(out, bytes, n);
}

/* Tag and room for the length; the root has neither. Return: where the value begins. */
static size_t tlv_open(Buf *out, const WireLabel *label)
{
        if (label && label->tag) {
                put_bytes(out, label->tag, 2);
                put_bytes(out, 0, 4);
        }
        return label && label->tag ? out->size : 0;
}

static void tlv_close(Buf *out, const WireLabel *label, size_t mark)
{
        size_t length;

        (void)label;
        if (mark == 0 || buf_error(out))
                return;
        length = out->size - mark;
        for (size_t i = 0; i < 4; i++)
                out->data[mark - 4 + i] = (char)(length >> (8 * i));
}

static void put_name(Buf *out, const char *name)
{
        size_t n = strlen(name);

        if (n > UINT8_MAX)
                n = UINT8_MAX;
        put_bytes(out, n, 1);
        buf_put(out, name, n);
}

static size_t tlv_begin_object(Buf *out, const WireLabel *label, const WireType *type)
{
        size_t mark = tlv_open(out, label);

        if (label)
                put_name(out, type->name);
        return mark;
}

static size_t tlv_begin_box(Buf *out, const WireLabel *label, const WireAny *any,
                            WireLabel *ret_inside)
{
        size_t mark = tlv_open(out, label);

        put_bytes(out, any->form, 1);
        ret_inside->tag = TLV_TAG_BOXED;
        return mark;
}

static void tlv_leaf(Buf *out, const WireLabel *label, WireForm form, const void *value)
{
        size_t mark = tlv_open(out, label);
        const Moref *moref = value;

        switch (form) {
        case FORM_BOOL:
                put_bytes(out, *(const bool *)value, 1);
                break;
        case FORM_INT:
                put_bytes(out, (uint32_t) * (const int32_t *)value, 4);
                break;
        case FORM_LONG:
                put_bytes(out, (uint64_t) * (const int64_t *)value, 8);
                break;
        case FORM_TIME:
                put_bytes(out, (uint64_t)((const WireTime *)value)->usec, 8);
                break;
        case FORM_STRING:
                buf_puts(out, *(const char *const *)value);
                break;
        case FORM_MOREF:
                put_name(out, moref->type);
                buf_puts(out, moref->value);
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
        tlv_close(out, label, mark);
}

const WireSink tlv_sink = {
        .begin_object = tlv_begin_object,
        .end_object = tlv_close,
        .begin_box = tlv_begin_box,
        .end_box = tlv_close,
        .leaf = tlv_leaf,
        .items_repeat = true,
        .boxes_objects = true,
};

void tlv_write(Buf *out, const void *object)
{
        const WireWriter writer = {out, &tlv_sink, WIRE_ALL_VERSIONS};
        const WireObject *root = object;

        wire_write_members(&writer, root->type, root);
}
