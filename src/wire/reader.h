#pragma once

/* What the readers of all spellings share: where we are, and what is wrong there. */

#include "wire/read.h"

typedef struct WireReader WireReader;

/* How a spelling reads each kind of value. @node is the spelling's own, for one value. */
typedef struct WireSource {
        int (*boolean)(WireReader *reader, const void *node, bool *ret);
        /* @form: FORM_INT or FORM_LONG, whose range @ret has to keep */
        int (*integer)(WireReader *reader, const void *node, WireForm form, int64_t *ret);
        int (*string)(WireReader *reader, const void *node, const WireType *values, char **ret);
        int (*time)(WireReader *reader, const void *node, WireTime *ret);
        int (*moref)(WireReader *reader, const void *node, Moref *ret);
        int (*object)(WireReader *reader, const void *node, const WireType *declared,
                      WireObject **ret);
        int (*any)(WireReader *reader, const void *node, WireAny *ret);
        /* NULL where an array has no node of its own. */
        int (*array)(WireReader *reader, const void *node, WireForm form, const WireType *type,
                     void *ret);
} WireSource;

struct WireReader {
        const WireSource *source;
        Arena *arena;
        WireError *error;
        unsigned int depth;
};

/* Reads one value into a variable of @form. */
int wire_read_value(WireReader *reader, const void *node, WireForm form, const WireType *type,
                    void *ret);

/* Return: the variable that a value of type anyType is to be read into, or NULL without memory. */
void *wire_begin_any(WireReader *reader, WireForm form, const WireType *type, WireAny *ret);

/* Ends it when the variable has been read: an object names its own type. */
void wire_end_any(WireAny *any);

/* Appends to the path and returns its old length, which wire_path_pop() wants back. */
size_t wire_path_push(WireReader *reader, const char *name);
size_t wire_path_push_index(WireReader *reader, size_t index);
void wire_path_pop(WireReader *reader, size_t length);

/* Return: -EBADMSG, or -ENOMEM for WIRE_NO_MEMORY, with the error filled in. */
int wire_fail(WireReader *reader, WireErrorKind kind, const char *fmt, ...) _printf_(3, 4);

/**
 * wire_begin() - make the object that a peer announces
 * @declared:   what the member's table says; NULL takes every type
 * @name:       what the peer says; NULL where it says nothing
 */
int wire_begin(WireReader *reader, const WireType *declared, const char *name, WireObject **ret);

/* Return: 0 with the number of a field for wire_type_at(), or -ENOENT. */
int wire_field_index(const WireType *type, const char *name, size_t *ret);

/* Fails where a required member is not in @seen, a bit per field of the object's type. */
int wire_end(WireReader *reader, const WireObject *object, uint64_t seen);

/* Stores a string after checking its length, its UTF-8 and, where it is an enum, its value. */
int wire_take_string(WireReader *reader, const char *text, size_t size, const WireType *values,
                     char **ret);

/* Makes room for @n items in an array that is a variable of @form. */
int wire_take_array(WireReader *reader, WireForm form, size_t n, void *array);
