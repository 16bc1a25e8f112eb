#include "property/filter.h"

#include "schema/tables.h"
#include "wire/copy.h"
#include "wire/write.h"

#include <search.h>

#define ARENA_BYTES_MAX ((size_t)4 << 20)
#define ROW_OVERHEAD    64 /* bytes of its node in the tree, and of malloc(3) */
#define DIGEST_UNSET    UINT64_C(0)
#define DIGEST_REFUSED  UINT64_C(1)

/* What has been told of one object. */
typedef struct Row {
        char *moid;
        const ManagedType *type;
        const Entity *entity; /* as long as no object comes or goes; NULL for other objects */
        uint64_t round;       /* in which it was last selected */
        uint64_t seen;        /* changes up to here have been told */
        size_t n;
        uint64_t digests[]; /* one for each path of its type */
} Row;

struct Filter {
        Arena *arena;
        PropertyFilterSpec *spec;
        PathSets paths; /* of the spec */
        bool partial_updates;
        void *rows; /* tsearch(3) */
        size_t rows_bytes;
        uint64_t round;
        size_t steps;            /* of the last selection */
        uint64_t structure, own; /* the selection was made when these were the last */
};

/* One turn of telling. */
typedef struct Telling {
        Filter *filter;
        const PropertyContext *context;
        size_t *steps, *room;
        WireObjects *updates;
        size_t size; /* of the array of updates */
        bool more;   /* there was no room for all */
        int error;
} Telling;

static int compare_rows(const void *a, const void *b)
{
        return strcmp(((const Row *)a)->moid, ((const Row *)b)->moid);
}

static void row_free(void *row)
{
        free(((Row *)row)->moid);
        free(row);
}

static size_t row_bytes(const Row *row)
{
        return sizeof(*row) + row->n * sizeof(row->digests[0]) + strlen(row->moid) + ROW_OVERHEAD;
}

Filter *filter_new(const PropertyFilterSpec *spec, bool partial_updates)
{
        Filter *filter = calloc(1, sizeof(*filter));

        if (!filter)
                return NULL;
        filter->partial_updates = partial_updates;
        filter->arena = arena_new(ARENA_BYTES_MAX);
        if (filter->arena)
                filter->spec = wire_copy(filter->arena, spec);
        if (!filter->spec)
                return filter_free(filter);
        filter->paths = (PathSets){.spec = filter->spec, .arena = filter->arena};
        /* An object that is gone later leaves, and the others stay. */
        filter->spec->report_missing_objects_in_results = (WireBool){true, true};
        return filter;
}

Filter *filter_free(Filter *filter)
{
        if (!filter)
                return NULL;
        filter_forget(filter);
        arena_free(filter->arena);
        free(filter);
        return NULL;
}

const PropertyFilterSpec *filter_spec(const Filter *filter)
{
        return filter->spec;
}

bool filter_has_partial_updates(const Filter *filter)
{
        return filter->partial_updates;
}

size_t filter_steps(const Filter *filter)
{
        return filter->steps;
}

size_t filter_bytes(const Filter *filter)
{
        return sizeof(*filter) + arena_bytes(filter->arena) + filter->rows_bytes;
}

void filter_forget(Filter *filter)
{
        tdestroy(filter->rows, row_free);
        filter->rows = NULL;
        filter->rows_bytes = 0;
        filter->structure = filter->own = 0;
}

/* updates */

/* Return: an update to be filled in, or NULL where there is no room or no memory. */
static ObjectUpdate *add_update(Telling *telling, const char *kind, const char *type,
                                const char *moid, size_t n_paths)
{
        Arena *arena = telling->context->arena;
        WireObjects *updates = telling->updates;
        ObjectUpdate *update;

        if (*telling->room == 0) {
                telling->more = true;
                return NULL;
        }
        if (updates->n == telling->size) {
                size_t size = telling->size ? 2 * telling->size : 16;
                WireObject **items = arena_array(arena, size, sizeof(*items));

                if (items && updates->n > 0)
                        memcpy(items, updates->items, updates->n * sizeof(*items));
                updates->items = items;
                telling->size = size;
        }
        update = updates->items ? arena_new_object(arena, ObjectUpdate) : NULL;
        if (!update) {
                telling->error = -ENOMEM;
                return NULL;
        }
        *update = (ObjectUpdate){
                .type = &type_ObjectUpdate,
                .kind = (char *)kind,
                .obj = {type, arena_strdup(arena, moid)},
                .change_set.items = arena_array(arena, n_paths + 1, sizeof(WireObject *)),
                .missing_set.items = arena_array(arena, n_paths + 1, sizeof(WireObject *)),
        };
        if (!update->obj.value || !update->change_set.items || !update->missing_set.items) {
                telling->error = -ENOMEM;
                return NULL;
        }
        updates->items[updates->n++] = (WireObject *)update;
        --*telling->room;
        return update;
}

/* FNV-1a of the value as text: a digest that nobody has an interest in forging but for himself. */
static uint64_t digest(const WireAny *value)
{
        _cleanup_(buf_erase) Buf text = {0};
        uint64_t sum = UINT64_C(0xcbf29ce484222325);

        json_write(&text, FORM_ANY, value);
        for (size_t i = 0; i < text.size; i++)
                sum = (sum ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
        return sum > DIGEST_REFUSED ? sum : sum + 2;
}

static int add_change(Telling *telling, ObjectUpdate *update, const char *path,
                      const WireAny *value)
{
        PropertyChange *change = arena_new_object(telling->context->arena, PropertyChange);

        if (!change)
                return -ENOMEM;
        *change = (PropertyChange){
                .type = &type_PropertyChange,
                .name = (char *)path,
                .op = (char *)"assign",
        };
        if (value)
                change->val = *value;
        update->change_set.items[update->change_set.n++] = (WireObject *)change;
        return 0;
}

static int add_missing(Telling *telling, ObjectUpdate *update, const char *path,
                       LocalizedMethodFault *fault)
{
        MissingProperty *missing = arena_new_object(telling->context->arena, MissingProperty);

        if (!missing)
                return -ENOMEM;
        *missing = (MissingProperty){
                .type = &type_MissingProperty,
                .path = (char *)path,
                .fault = fault,
        };
        update->missing_set.items[update->missing_set.n++] = (WireObject *)missing;
        return 0;
}

/* Compares one path with what has been told. Return: 0, or negative where nothing can be told. */
static int tell_path(Telling *telling, Row *row, const Object *object, const PathSet *paths,
                     size_t index, ObjectUpdate **update)
{
        const char *path = paths->items[index];
        LocalizedMethodFault *fault = NULL;
        uint64_t sum = DIGEST_UNSET;
        WireAny value;
        int r;

        r = retrieve_property(telling->context, object, path, &value, &fault);
        if (r == -ENOMEM)
                return telling->error = r;
        if (r == -EPERM)
                sum = DIGEST_REFUSED;
        else if (r > 0)
                sum = digest(&value);
        if (sum == row->digests[index])
                return 0;
        if (!*update)
                *update = add_update(telling, "modify", object->type->name, object->moid, paths->n);
        if (!*update)
                return -ENOBUFS;
        row->digests[index] = sum;
        r = sum == DIGEST_REFUSED
                    ? add_missing(telling, *update, path, fault)
                    : add_change(telling, *update, path, sum == DIGEST_UNSET ? NULL : &value);
        if (r < 0)
                telling->error = r;
        return r;
}

static void tell_object(Telling *telling, Row *row, const Object *object, const PathSet *paths,
                        ObjectUpdate *update)
{
        for (size_t i = 0; i < paths->n; i++)
                if (tell_path(telling, row, object, paths, i, &update) < 0)
                        return;
        row->seen = inventory_changes(telling->context->inventory)->last;
}

/* Return: the paths of the type, or NULL with telling->error set. */
static const PathSet *take_paths(Telling *telling, const ManagedType *type)
{
        const PathSet *paths = retrieve_paths(&telling->filter->paths, type);

        if (!paths)
                telling->error = -ENOMEM;
        return paths;
}

static Row *row_new(Filter *filter, const Object *object, size_t n_paths)
{
        Row *row = calloc(1, sizeof(*row) + n_paths * sizeof(row->digests[0]));

        if (row)
                row->moid = strdup(object->moid);
        if (!row || !row->moid) {
                free(row);
                return NULL;
        }
        row->type = object->type;
        row->n = n_paths;
        if (!tsearch(row, &filter->rows, compare_rows)) {
                row_free(row);
                return NULL;
        }
        filter->rows_bytes += row_bytes(row);
        return row;
}

/* who comes, who changes, who leaves */

/* @entity: the row's, or NULL */
static bool has_changed(const Row *row, const Entity *entity)
{
        return !entity || entity->changed > row->seen;
}

/* Where others have come or gone: all but machines have lists of them. */
static bool may_have_changed(const Row *row, const Object *object)
{
        return has_changed(row, object->entity) ||
               object->type != managed_type_find("VirtualMachine");
}

static void tell_entering(Telling *telling, const Object *object, const PathSet *paths)
{
        ObjectUpdate *update =
                add_update(telling, "enter", object->type->name, object->moid, paths->n);
        Row *row;

        if (!update)
                return;
        row = row_new(telling->filter, object, paths->n);
        if (!row) {
                telling->error = -ENOMEM;
                return;
        }
        row->entity = object->entity;
        row->round = telling->filter->round;
        tell_object(telling, row, object, paths, update);
}

static void tell_selected(Telling *telling, const Object *object)
{
        const PathSet *paths = take_paths(telling, object->type);
        const Row key = {.moid = (char *)object->moid};
        Filter *filter = telling->filter;
        Row *const *found;

        if (!paths || !paths->covered)
                return;
        found = tfind(&key, &filter->rows, compare_rows);
        if (!found) {
                tell_entering(telling, object, paths);
                return;
        }
        (*found)->entity = object->entity;
        (*found)->round = filter->round;
        if (may_have_changed(*found, object))
                tell_object(telling, *found, object, paths, NULL);
}

typedef struct Gone {
        const Filter *filter;
        Row **rows; /* NULL while they are counted */
        size_t n;
} Gone;

static void collect_gone(const void *node, VISIT visit, void *user)
{
        Row *row = *(Row *const *)node;
        Gone *gone = user;

        if ((visit != postorder && visit != leaf) || row->round == gone->filter->round)
                return;
        if (gone->rows)
                gone->rows[gone->n] = row;
        gone->n++;
}

static void tell_gone(Telling *telling)
{
        Gone gone = {.filter = telling->filter};

        twalk_r(telling->filter->rows, collect_gone, &gone);
        if (gone.n == 0)
                return;
        gone.rows = arena_array(telling->context->arena, gone.n, sizeof(*gone.rows));
        if (!gone.rows) {
                telling->error = -ENOMEM;
                return;
        }
        gone.n = 0;
        twalk_r(telling->filter->rows, collect_gone, &gone);
        for (size_t i = 0; i < gone.n; i++) {
                Row *row = gone.rows[i];

                if (!add_update(telling, "leave", row->type->name, row->moid, 0))
                        return;
                telling->filter->rows_bytes -= row_bytes(row);
                (void)tdelete(row, &telling->filter->rows, compare_rows);
                row_free(row);
        }
}

/* Objects have come or gone, or so it may be: the selection is made anew. */
static void tell_selection(Telling *telling)
{
        Filter *filter = telling->filter;
        size_t before = *telling->steps;
        Selection selection = {0};
        const Moref *missing;

        telling->error = select_objects(telling->context, filter->spec, telling->steps, &selection,
                                        &missing);
        filter->steps = before - *telling->steps;
        filter->round++;
        for (size_t i = 0; telling->error >= 0 && !telling->more && i < selection.n; i++)
                tell_selected(telling, &selection.items[i]);
        if (telling->error >= 0 && !telling->more)
                tell_gone(telling);
}

/* Of most objects nothing has changed: they are not even looked up. */
static void tell_row(const void *node, VISIT visit, void *user)
{
        Row *row = *(Row *const *)node;
        Telling *telling = user;
        const PathSet *paths;
        Object object;

        if ((visit != postorder && visit != leaf) || telling->error < 0 || telling->more ||
            !has_changed(row, row->entity))
                return;
        if (object_find_for(telling->context->inventory, telling->context->session,
                            &(Moref){row->type->name, row->moid}, &object) < 0)
                return;
        paths = take_paths(telling, object.type);
        if (paths)
                tell_object(telling, row, &object, paths, NULL);
}

int filter_updates(Filter *filter, const PropertyContext *context, uint64_t own, size_t *steps,
                   size_t *room, WireObjects *ret, bool *ret_more)
{
        const Changes *changes = inventory_changes(context->inventory);
        Telling telling = {
                .filter = filter,
                .context = context,
                .updates = ret,
        };

        telling.steps = steps;
        telling.room = room;
        if (filter->structure != changes->structure || filter->own != own)
                tell_selection(&telling);
        else
                twalk_r(filter->rows, tell_row, &telling);
        if (telling.error < 0)
                return telling.error;
        if (telling.more) {
                filter->structure = 0; /* the rest comes the next time */
                *ret_more = true;
                return 0;
        }
        filter->structure = changes->structure;
        filter->own = own;
        return 0;
}
