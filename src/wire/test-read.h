#pragma once

/*
 * What tests of readers share, whatever the notation: rows of what a client says and what is
 * understood of it, and how they are checked.
 */

#include "base/buf.h"
#include "base/test.h"
#include "schema/tables.h"
#include "wire/read.h"

#define ARENA_MAX ((size_t)32 << 20)

#define SP   &type_StartProgramInGuestRequestType
#define LP   &type_ListProcessesInGuestRequestType
#define AC   &type_AcquireCredentialsInGuestRequestType
#define LI   &type_LoginRequestType
#define FM   &type_LocalizableMessage
#define RI   &type_VirtualMachineRuntimeInfo
#define GI   &type_GuestInfo
#define US   &type_UserSession
#define NS   &type_NotSupported
#define NONE &type_NoParameters

/* The reader that is tested. */
typedef int ReadFunction(Arena *arena, const char *text, size_t size, const WireType *type,
                         void **ret, WireError *error);

/* As @read, from a copy without a NUL behind it: a reader that goes on is caught. */
static inline int read_text(ReadFunction *read, Arena *arena, const char *text, size_t size,
                            const WireType *type, void *ret, WireError *error)
{
        _cleanup_(freep) char *copy = malloc(size ? size : 1);
        void *object = NULL;
        int r;

        if (!copy)
                return -ENOMEM;
        memcpy(copy, text, size);
        r = read(arena, copy, size, type, &object, error);
        *(void **)ret = object;
        return r;
}

/* Accepted or not, and where it is wrong. */
typedef struct ReadRow {
        const char *about;
        const WireType *type;
        const char *text;
        WireErrorKind kind;
        const char *path;
} ReadRow;

static inline void check_rows(ReadFunction *read, const ReadRow *rows, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                const WireObject *object = NULL;
                WireError error;
                int r;

                r = read_text(read, arena, rows[i].text, strlen(rows[i].text), rows[i].type,
                              &object, &error);
                EXPECT_INT(rows[i].about, r, rows[i].kind == WIRE_OK ? 0 : -EBADMSG);
                EXPECT_INT(rows[i].about, error.kind, rows[i].kind);
                EXPECT_STR(rows[i].about, error.path, rows[i].path);
                EXPECT_INT(rows[i].about, error.reason[0] != '\0', rows[i].kind != WIRE_OK);
                EXPECT_INT(rows[i].about, object && object->type == rows[i].type,
                           rows[i].kind == WIRE_OK);
        }
}

/* Something that is repeated until it is too much. @path NULL: never mind. */
typedef struct LimitRow {
        const char *about;
        const WireType *type;
        const char *before, *item;
        size_t n;
        const char *after;
        WireErrorKind kind;
        const char *path;
} LimitRow;

static inline void put_repeated(Buf *text, const char *item, size_t n)
{
        for (size_t i = 0; i < n; i++)
                buf_puts(text, item);
}

static inline void check_limits(ReadFunction *read, size_t arena_max, const char *head,
                                const char *tail, const LimitRow *rows, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(arena_max);
                _cleanup_(buf_done) Buf text = {0};
                void *object = NULL;
                WireError error;
                int r, wanted = -EBADMSG;

                buf_puts(&text, head);
                buf_puts(&text, rows[i].before);
                put_repeated(&text, rows[i].item, rows[i].n);
                buf_puts(&text, rows[i].after);
                buf_puts(&text, tail);
                r = read(arena, text.data, text.size, rows[i].type, &object, &error);
                if (rows[i].kind == WIRE_OK)
                        wanted = 0;
                else if (rows[i].kind == WIRE_NO_MEMORY)
                        wanted = -ENOMEM;
                EXPECT_INT(rows[i].about, r, wanted);
                EXPECT_INT(rows[i].about, error.kind, rows[i].kind);
                if (rows[i].path)
                        EXPECT_STR(rows[i].about, error.path, rows[i].path);
        }
}
