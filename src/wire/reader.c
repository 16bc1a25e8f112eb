#include "wire/reader.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME_MAX_BYTES 64U /* of one name in a path */

/* What does not fit is cut off. */
static size_t path_append(WireReader *reader, const char *text)
{
        char *path = reader->error->path;
        size_t length = strlen(path), size = strnlen(text, NAME_MAX_BYTES);
        size_t room = sizeof(reader->error->path) - 1 - length;

        if (size > room)
                size = room;
        memcpy(path + length, text, size);
        path[length + size] = '\0';
        return length;
}

size_t wire_path_push(WireReader *reader, const char *name)
{
        size_t length = reader->error->path[0] ? path_append(reader, ".") : 0;

        (void)path_append(reader, name);
        return length;
}

size_t wire_path_push_index(WireReader *reader, size_t index)
{
        char text[32];

        (void)snprintf(text, sizeof(text), "[%zu]", index);
        return path_append(reader, text);
}

void wire_path_pop(WireReader *reader, size_t length)
{
        reader->error->path[length] = '\0';
}

int wire_fail(WireReader *reader, WireErrorKind kind, const char *fmt, ...)
{
        va_list ap;

        reader->error->kind = kind;
        va_start(ap, fmt);
        (void)vsnprintf(reader->error->reason, sizeof(reader->error->reason), fmt, ap);
        va_end(ap);
        /* Both quote what a peer sent, and were cut to fit. */
        utf8_defuse(reader->error->path);
        utf8_defuse(reader->error->reason);
        return kind == WIRE_NO_MEMORY ? -ENOMEM : -EBADMSG;
}

static int no_memory(WireReader *reader)
{
        return wire_fail(reader, WIRE_NO_MEMORY, "the request is too large");
}

int wire_begin(WireReader *reader, const WireType *declared, const char *name, WireObject **ret)
{
        const WireType *type = name ? wire_type_find(name) : declared;

        if (!type || type->values)
                return wire_fail(reader, WIRE_BAD_TYPE, "'%.64s' is no known type",
                                 name ? name : "");
        if (declared && !wire_type_is(type, declared))
                return wire_fail(reader, WIRE_BAD_TYPE, "'%.64s' is no %s", type->name,
                                 declared->name);
        if (type->abstract)
                return wire_fail(reader, WIRE_BAD_TYPE,
                                 "'%s' is abstract: name a type derived from it", type->name);
        *ret = arena_alloc(reader->arena, type->size);
        if (!*ret)
                return no_memory(reader);
        (*ret)->type = type;
        return 0;
}

static int read_number(WireReader *reader, const void *node, WireForm form, int64_t *ret)
{
        int r = reader->source->integer(reader, node, form, ret);

        if (r >= 0 && form == FORM_INT && (*ret < INT32_MIN || *ret > INT32_MAX))
                return wire_fail(reader, WIRE_BAD_VALUE, "is out of range");
        return r;
}

int wire_read_value(WireReader *reader, const void *node, WireForm form, const WireType *type,
                    void *ret)
{
        const WireSource *source = reader->source;
        int64_t number = 0;
        int r;

        switch (form) {
        case FORM_BOOL:
                return source->boolean(reader, node, ret);
        case FORM_OPT_BOOL:
                ((WireBool *)ret)->set = true;
                return source->boolean(reader, node, &((WireBool *)ret)->value);
        case FORM_INT:
                r = read_number(reader, node, FORM_INT, &number);
                *(int32_t *)ret = (int32_t)number;
                return r;
        case FORM_OPT_INT:
                r = read_number(reader, node, FORM_INT, &number);
                *(WireInt *)ret = (WireInt){true, (int32_t)number};
                return r;
        case FORM_LONG:
                return read_number(reader, node, FORM_LONG, ret);
        case FORM_OPT_LONG:
                ((WireLong *)ret)->set = true;
                return read_number(reader, node, FORM_LONG, &((WireLong *)ret)->value);
        case FORM_STRING:
                return source->string(reader, node, type, ret);
        case FORM_TIME:
                return source->time(reader, node, ret);
        case FORM_MOREF:
                return source->moref(reader, node, ret);
        case FORM_OBJECT:
                return source->object(reader, node, type, ret);
        case FORM_ANY:
                return source->any(reader, node, ret);
        case FORM_LONGS:
        case FORM_STRINGS:
        case FORM_MOREFS:
        case FORM_OBJECTS:
                return source->array ? source->array(reader, node, form, type, ret) : -EINVAL;
        case FORM_NONE:
        case FORM_MAX:
                break;
        }
        return -EINVAL;
}

void *wire_begin_any(WireReader *reader, WireForm form, const WireType *type, WireAny *ret)
{
        void *variable = arena_alloc(reader->arena, wire_form_size(form));

        if (!variable)
                (void)no_memory(reader);
        *ret = (WireAny){form, type, variable};
        return variable;
}

void wire_end_any(WireAny *any)
{
        if (any->form == FORM_OBJECT)
                any->type = (*(const WireObject *const *)any->value)->type;
}

int wire_field_index(const WireType *type, const char *name, size_t *ret)
{
        size_t n = wire_type_count(type);

        for (size_t i = 0; i < n; i++)
                if (strcmp(wire_type_at(type, i)->name, name) == 0) {
                        *ret = i;
                        return 0;
                }
        return -ENOENT;
}

int wire_end(WireReader *reader, const WireObject *object, uint64_t seen)
{
        size_t n = wire_type_count(object->type);

        for (size_t i = 0; i < n; i++) {
                const WireField *field = wire_type_at(object->type, i);

                if (field->presence == REQUIRED && !(seen & (uint64_t)1 << i)) {
                        wire_path_push(reader, field->name);
                        return wire_fail(reader, WIRE_BAD_VALUE, "is required");
                }
        }
        return 0;
}

int wire_take_string(WireReader *reader, const char *text, size_t size, const WireType *values,
                     char **ret)
{
        char *copy;

        if (size > WIRE_STRING_MAX)
                return wire_fail(reader, WIRE_BAD_VALUE, "has %zu bytes; at most %u are taken",
                                 size, WIRE_STRING_MAX);
        if (memchr(text, '\0', size))
                return wire_fail(reader, WIRE_BAD_VALUE, "holds a NUL character");
        if (!utf8_is_valid(text, size))
                return wire_fail(reader, WIRE_BAD_VALUE, "is not UTF-8");
        copy = arena_strndup(reader->arena, text, size);
        if (!copy)
                return no_memory(reader);
        if (values && !wire_enum_has(values, copy))
                return wire_fail(reader, WIRE_BAD_VALUE, "'%.64s' is no %s", copy, values->name);
        *ret = copy;
        return 0;
}

int wire_take_array(WireReader *reader, WireForm form, size_t n, void *array)
{
        WireStrings *strings = array; /* all array structs are alike: items, n */

        if (n > WIRE_ITEMS_MAX)
                return wire_fail(reader, WIRE_BAD_VALUE, "has %zu elements; at most %u are taken",
                                 n, WIRE_ITEMS_MAX);
        if (n == 0)
                return 0;
        strings->items = arena_array(reader->arena, n, wire_form_size(wire_form_item(form)));
        if (!strings->items)
                return no_memory(reader);
        strings->n = n;
        return 0;
}
