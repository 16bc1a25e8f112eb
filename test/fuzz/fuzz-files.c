/*
 * Parameters of GuestFileManager's methods, as a hostile host may send them: the first byte chooses
 * the method, or that a listing's pattern and path are bare; the second one how names are paged.
 * What the agent does with them short of touching a disk: it checks them, finds the bytes that
 * paths stand for, and puts the pattern to names. The names are the strings of the request, so that
 * patterns meet what was made for them.
 */

#include "agent/guest-path.h"
#include "agent/operation.h"
#include "agent/pattern.h"
#include "agent/select-names.h"
#include "base/utf8.h"
#include "schema/tables.h"
#include "wire/read.h"

#include "fuzz.h"

#define ARENA_MAX   ((size_t)8 << 20)
#define CPU_MAX     (200 * USEC_PER_MSEC)
#define NAME_BYTES  255
#define STRINGS_MAX ((size_t)64)

static const char *const methods[] = {
        "ListFilesInGuest",
        "ChangeFileAttributesInGuest",
        "CreateTemporaryDirectoryInGuest",
        "CreateTemporaryFileInGuest",
        "DeleteDirectoryInGuest",
        "DeleteFileInGuest",
        "InitiateFileTransferFromGuest",
        "InitiateFileTransferToGuest",
        "MakeDirectoryInGuest",
        "MoveDirectoryInGuest",
        "MoveFileInGuest",
};

typedef struct Strings {
        const char *items[STRINGS_MAX];
        size_t n, at;
} Strings;

/* paths */

/* There is one spelling for each name; another one that a client may send stands for the same. */
static void check_path(Arena *arena, const char *path)
{
        const char *bytes = guest_path_decode(arena, path), *told, *again;

        if (!bytes)
                return;
        MUST(strlen(bytes) <= strlen(path));
        told = guest_path_encode(arena, bytes);
        again = told ? guest_path_decode(arena, told) : NULL;
        if (!again)
                return;
        MUST(strcmp(again, bytes) == 0);
        for (const char *p = told; *p; p += utf8_character(p))
                MUST(utf8_character(p) > 0);
}

static void check_strings(Arena *arena, const WireObject *params, Strings *ret)
{
        for (size_t i = 0; i < wire_type_count(params->type); i++) {
                const WireField *field = wire_type_at(params->type, i);
                const char *text;

                if (field->form != FORM_STRING)
                        continue;
                text = *(char *const *)((const char *)params + field->offset);
                if (!text)
                        continue;
                check_path(arena, text);
                if (ret->n < STRINGS_MAX)
                        ret->items[ret->n++] = text;
        }
}

/* what the agent checks before the login */

static const OperationRow *find_row(const char *name)
{
        for (size_t i = 0; i < n_operation_rows; i++)
                if (strcmp(operation_rows[i].name, name) == 0)
                        return &operation_rows[i];
        return NULL;
}

static bool passes_check(Arena *arena, const Method *method, const WireObject *params)
{
        const ChannelRequest request = {
                .type = &type_ChannelRequest,
                .operation = (char *)method->name,
                .params = (WireObject *)params,
        };
        Operation operation = {
                .arena = arena,
                .request = &request,
                .method = method,
                .row = find_row(method->name),
        };
        int r = operation.row && operation.row->check ? operation.row->check(&operation) : 0;

        MUST((r < 0) == (operation.fault.detail != NULL) || r == -ENOMEM);
        return r >= 0;
}

/* names and patterns */

static int strings_rewind(void *user)
{
        ((Strings *)user)->at = 0;
        return 0;
}

static int strings_next(void *user, const char **ret)
{
        Strings *strings = user;

        if (strings->at == strings->n)
                return 0;
        *ret = strings->items[strings->at++];
        return 1;
}

/* Pages of any size, however little may be kept, make up the whole. */
static void check_selection(Strings *strings, size_t count, size_t kept)
{
        const NameSource source = {strings_rewind, strings_next, strings};
        uint64_t after = strings->n;
        const char *last = "";
        size_t index = 0;

        while (after > 0) {
                _cleanup_(names_done) Names page = {0};
                _cleanup_(names_done) Names whole = {0};
                uint64_t end;

                if (select_names(&source, index, count, kept, &page, &after) < 0 ||
                    select_names(&source, index, count, STRINGS_MAX * 2, &whole, &end) < 0)
                        return;
                MUST(page.n == whole.n && after == end && index + page.n + after == strings->n);
                MUST(page.n > 0 || strings->n == 0);
                for (size_t i = 0; i < page.n; i++) {
                        MUST(strcmp(page.items[i], whole.items[i]) == 0);
                        MUST(index + i == 0 ||
                             name_compare(i ? page.items[i - 1] : last, page.items[i]) <= 0);
                }
                for (size_t i = 0; page.n > 0 && i < strings->n; i++)
                        if (strcmp(strings->items[i], page.items[page.n - 1]) == 0)
                                last = strings->items[i];
                index += page.n;
        }
}

/* Each of them once: a directory has no two entries of one name. */
static void drop_doubles(Strings *strings)
{
        size_t n = 0;

        for (size_t i = 0; i < strings->n; i++) {
                size_t k = 0;

                while (k < n && strcmp(strings->items[i], strings->items[k]) != 0)
                        k++;
                if (k == n)
                        strings->items[n++] = strings->items[i];
        }
        strings->n = n;
}

/* Adds the parts of a text between slashes. */
static void add_parts(Arena *arena, const char *text, Strings *ret)
{
        while (*text && ret->n < STRINGS_MAX) {
                size_t n = strcspn(text, "/");
                const char *part = n <= NAME_BYTES ? arena_strndup(arena, text, n) : NULL;

                if (part && utf8_is_valid(part, n))
                        ret->items[ret->n++] = part;
                text += n + (text[n] != '\0');
        }
}

static void check_pattern(Arena *arena, const char *text, const Strings *names)
{
        _cleanup_(pattern_freep) Pattern *pattern = NULL;
        Fault fault = {0};
        int r = pattern_new(text, "matchPattern", CPU_MAX, &fault, arena, &pattern);

        for (size_t i = 0; r >= 0 && i < names->n; i++)
                if (strlen(names->items[i]) <= NAME_BYTES)
                        r = pattern_matches(pattern, names->items[i], &fault, arena);
        MUST((r < 0) == (fault.detail != NULL) || r == -ENOMEM);
        if (fault.detail) {
                MUST(fault.detail->type == &type_InvalidArgument);
                MUST(utf8_is_valid(fault.message, strlen(fault.message)));
        }
}

/* A pattern, a NUL, and a path: lengths inside the encoding are what fuzzers stumble over. */
static const WireObject *read_bare(Arena *arena, const char *data, size_t size)
{
        ListFilesInGuestRequestType *list = arena_new_object(arena, ListFilesInGuestRequestType);
        size_t n = strnlen(data, size);

        if (!list || !utf8_is_valid(data, size))
                return NULL;
        list->type = &type_ListFilesInGuestRequestType;
        list->match_pattern = arena_strndup(arena, data, n);
        list->file_path = arena_strndup(arena, data + n, size - n);
        if (list->file_path && n < size)
                list->file_path++;
        return list->match_pattern && list->file_path ? (const WireObject *)list : NULL;
}

static const WireObject *read_params(Arena *arena, const Method *method, const uint8_t *data,
                                     size_t size)
{
        const WireObject *params = NULL;
        WireError error;

        if (tlv_read(arena, data, size, method->params, &params, &error) < 0)
                return NULL;
        return params;
}

static void check_listing(Arena *arena, const ListFilesInGuestRequestType *list, Strings *strings,
                          uint8_t how)
{
        MUST(*list->file_path && list->index.value >= 0 && list->max_results.value >= 0);
        add_parts(arena, list->file_path, strings);
        if (list->match_pattern)
                check_pattern(arena, list->match_pattern, strings);
        drop_doubles(strings);
        check_selection(strings, 1 + how % 4, 4 + how / 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const WireObject *params;
        Strings strings = {0};
        const Method *method;
        size_t choice;

        if (!arena || size < 2)
                return 0;
        choice = data[0] % (ELEMENTS(methods) + 1);
        method = method_find_guest(methods[choice % ELEMENTS(methods)]);
        if (choice == ELEMENTS(methods))
                params = read_bare(arena, (const char *)data + 2, size - 2);
        else
                params = read_params(arena, method, data + 2, size - 2);
        if (!params)
                return 0;
        check_strings(arena, params, &strings);
        if (passes_check(arena, method, params) &&
            params->type == &type_ListFilesInGuestRequestType)
                check_listing(arena, (const void *)params, &strings, data[1]);
        return 0;
}
