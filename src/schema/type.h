#pragma once

/*
 * Type tables: what a vSphere data object looks like, said once. The same table drives JSON, the
 * agent channel's encoding, and SOAP.
 *
 * A data object is a C struct whose first member is `const WireType *type`, its own type; a
 * derived struct begins with its base. Field order is the order of the WSDL's sequence, inherited
 * fields first.
 */

#include "base/base.h"

typedef struct WireType WireType;

#define WIRE_FIELDS_MAX 64U /* members of one type, inherited ones included */

/* Optional scalars, because zero is a value. */
typedef struct WireBool {
        bool set, value;
} WireBool;
typedef struct WireInt {
        bool set;
        int32_t value;
} WireInt;
typedef struct WireLong {
        bool set;
        int64_t value;
} WireLong;
typedef struct WireTime {
        bool set;
        int64_t usec; /* µs since 1970, UTC */
} WireTime;

/* A managed object reference; unset where .value is NULL. */
typedef struct Moref {
        const char *type, *value;
} Moref;

typedef struct WireStrings {
        char **items;
        size_t n;
} WireStrings;
typedef struct WireLongs {
        int64_t *items;
        size_t n;
} WireLongs;
typedef struct WireMorefs {
        Moref *items;
        size_t n;
} WireMorefs;

/* What every data object begins with. */
typedef struct WireObject {
        const WireType *type;
} WireObject;

typedef struct WireObjects {
        WireObject **items;
        size_t n;
} WireObjects;

/* How a member lies in its C struct. The numbers are in PROTOCOL.md: only append. */
typedef enum WireForm {
        FORM_NONE,
        FORM_BOOL,     /* bool */
        FORM_OPT_BOOL, /* WireBool */
        FORM_INT,      /* int32_t */
        FORM_OPT_INT,  /* WireInt */
        FORM_LONG,     /* int64_t */
        FORM_OPT_LONG, /* WireLong */
        FORM_STRING,   /* char *, NULL is unset */
        FORM_TIME,     /* WireTime */
        FORM_MOREF,    /* Moref */
        FORM_OBJECT,   /* pointer to a data object, NULL is unset */
        FORM_ANY,      /* WireAny */
        FORM_LONGS,    /* WireLongs */
        FORM_STRINGS,  /* WireStrings */
        FORM_MOREFS,   /* WireMorefs */
        FORM_OBJECTS,  /* WireObjects */
        FORM_MAX,
} WireForm;

/* A value of declared type xsd:anyType: where it lies, and as what. FORM_NONE is unset. */
typedef struct WireAny {
        WireForm form;
        const WireType *type; /* of objects and enums */
        const void *value;    /* a variable of @form */
} WireAny;

typedef enum WirePresence {
        REQUIRED,
        OPTIONAL,
} WirePresence;

/* A version of the API as one number, 8.0.2.0 and the like. */
#define API_VERSION(major, minor, update, patch)                                                   \
        ((uint32_t)(major) << 24 | (uint32_t)(minor) << 16 | (uint32_t)(update) << 8 |             \
         (uint32_t)(patch))

typedef struct WireField {
        const char *name; /* as on the wire */
        WireForm form;
        size_t offset;
        WirePresence presence;
        const WireType *type; /* objects: the declared type, NULL for any; strings: the enum */
        uint32_t since;       /* the API_VERSION() that brought it; 0: 5.5 or older */
} WireField;

struct WireType {
        const char *name;
        const WireType *base;    /* NULL: DataObject itself */
        size_t size;             /* of the C struct */
        const WireField *fields; /* its own, without inherited ones */
        size_t n_fields;
        bool abstract;
        const char *const *values; /* of an enum, ended by NULL */
};

/* The C type decides the form, so the two can never disagree. */
#define WIRE_FORM(member)                                                                          \
        _Generic((member),                                                                         \
                bool: FORM_BOOL,                                                                   \
                WireBool: FORM_OPT_BOOL,                                                           \
                int32_t: FORM_INT,                                                                 \
                WireInt: FORM_OPT_INT,                                                             \
                int64_t: FORM_LONG,                                                                \
                WireLong: FORM_OPT_LONG,                                                           \
                char *: FORM_STRING,                                                               \
                WireTime: FORM_TIME,                                                               \
                Moref: FORM_MOREF,                                                                 \
                WireAny: FORM_ANY,                                                                 \
                WireLongs: FORM_LONGS,                                                             \
                WireStrings: FORM_STRINGS,                                                         \
                WireMorefs: FORM_MOREFS,                                                           \
                WireObjects: FORM_OBJECTS)

#define AT(T, member) WIRE_FORM(((T *)0)->member), offsetof(T, member)

/* A member that points to a data object: it must be declared as `Of *`. */
#define POINTS(T, member, Of) _Generic(((T *)0)->member, Of * : FORM_OBJECT), offsetof(T, member)

#define DEFINE_TYPE(T, rows, ...)                                                                  \
        const WireType type_##T = {.name = #T,                                                     \
                                   .size = sizeof(T),                                              \
                                   .fields = (rows),                                               \
                                   .n_fields = ELEMENTS(rows),                                     \
                                   ##__VA_ARGS__}
#define DEFINE_EMPTY_TYPE(T, ...)                                                                  \
        const WireType type_##T = {.name = #T, .size = sizeof(T), ##__VA_ARGS__}
#define DEFINE_ENUM(T, ...)                                                                        \
        static const char *const values_##T[] = {__VA_ARGS__, NULL};                               \
        const WireType type_##T = {.name = #T, .values = values_##T}

/* Return: the type of that WSDL name, or NULL. */
const WireType *wire_type_find(const char *name);

/*
 * All types that the program knows by name, sorted by it: those of registry.c, or an agent's of
 * registry-channel.c. It is linked with one of both.
 */
extern const WireType *const wire_types[];
extern const size_t n_wire_types;

/* Return: whether @type is @base or derives from it. */
bool wire_type_is(const WireType *type, const WireType *base);

/* Return: how many levels lie below @type: 0 for one without base. */
unsigned int wire_type_depth(const WireType *type);

/* Return: the field, inherited ones included, or NULL. */
const WireField *wire_type_field(const WireType *type, const char *name);

/* Return: the number of fields, inherited ones included. */
size_t wire_type_count(const WireType *type);

/* Return: field number @index, counted from the root of the inheritance down. */
const WireField *wire_type_at(const WireType *type, size_t index);

/* Return: whether an enum type has this value. */
bool wire_enum_has(const WireType *type, const char *value);

/* Return: whether @value (a variable of @form) is unset; an empty array is. */
bool wire_is_unset(WireForm form, const void *value);

/* Return: bytes of a variable of @form. */
size_t wire_form_size(WireForm form);

/* Return: the form of one item of an array form, FORM_NONE for other forms. */
WireForm wire_form_item(WireForm form);
