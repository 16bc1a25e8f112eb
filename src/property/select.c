#include "property/select.h"

#include "property/path.h"
#include "schema/tables.h"

#define SPECS_MAX 256U /* traversal specs of one object spec; their bits are marked per object */

/* A traversal spec, resolved. */
typedef struct Step {
        const TraversalSpec *spec;
        const ManagedType *type; /* NULL: one that we do not have */
} Step;

/* An object that was reached: whether it is selected, and by which steps it has been left. */
typedef struct Reached {
        const void *identity;
        Object object;
        bool selected;
        uint64_t left[SPECS_MAX / 64];
} Reached;

/* An object from where the steps of a select set are still to be taken. */
typedef struct Waiting {
        Reached *at;
        const WireObjects *set;
} Waiting;

typedef struct Walk {
        const PropertyContext *context;
        Step *steps;
        size_t n_steps;
        Reached **table; /* open addressing; its size is a power of two */
        size_t size, n;
        Reached **order; /* as they were reached */
        size_t n_selected;
        Waiting *waiting;
        size_t n_waiting, waiting_size;
} Walk;

/* What the references of one object have in common, as long as nothing changes. */
static const void *identity_of(const Object *object)
{
        if (object->entity)
                return object->entity;
        if (object->own)
                return object->own;
        return object->task ? (const void *)object->task : object->moid;
}

static size_t slot_of(const Walk *walk, const void *identity)
{
        size_t i = (size_t)(((uintptr_t)identity >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20);

        for (i &= walk->size - 1; walk->table[i] && walk->table[i]->identity != identity;)
                i = (i + 1) & (walk->size - 1);
        return i;
}

static int grow(Walk *walk)
{
        Walk larger = *walk;

        larger.size = walk->size ? 2 * walk->size : 64;
        larger.table = arena_array(walk->context->arena, larger.size, sizeof(*larger.table));
        larger.order = arena_array(walk->context->arena, larger.size, sizeof(*larger.order));
        if (!larger.table || !larger.order)
                return -ENOMEM;
        for (size_t i = 0; i < walk->n; i++) {
                larger.order[i] = walk->order[i];
                larger.table[slot_of(&larger, walk->order[i]->identity)] = walk->order[i];
        }
        *walk = larger;
        return 0;
}

static int reach(Walk *walk, const Object *object, bool select, Reached **ret)
{
        Reached *reached;
        size_t slot;

        if (2 * (walk->n + 1) > walk->size && grow(walk) < 0)
                return -ENOMEM;
        slot = slot_of(walk, identity_of(object));
        reached = walk->table[slot];
        if (!reached) {
                reached = arena_new_object(walk->context->arena, Reached);
                if (!reached)
                        return -ENOMEM;
                reached->identity = identity_of(object);
                reached->object = *object;
                walk->table[slot] = walk->order[walk->n++] = reached;
        }
        if (select && !reached->selected)
                walk->n_selected++;
        reached->selected |= select;
        *ret = reached;
        return 0;
}

/* the steps of one object spec */

static bool has_step(const Walk *walk, const TraversalSpec *spec)
{
        for (size_t i = 0; i < walk->n_steps; i++)
                if (walk->steps[i].spec == spec)
                        return true;
        return false;
}

static int collect_steps(Walk *walk, const WireObjects *set)
{
        for (size_t i = 0; i < set->n; i++) {
                const TraversalSpec *spec = (const void *)set->items[i];
                int r;

                if (spec->base.type != &type_TraversalSpec || has_step(walk, spec))
                        continue;
                if (walk->n_steps >= SPECS_MAX)
                        return -E2BIG;
                walk->steps[walk->n_steps++] = (Step){
                        .spec = spec,
                        .type = managed_type_find(spec->managed_type),
                };
                r = collect_steps(walk, &spec->select_set);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Return: whether @item of a select set stands for this step: it is that, or has its name. */
static bool stands_for(const WireObject *item, const Step *step)
{
        const SelectionSpec *selection = (const void *)item;
        const char *name = step->spec->base.name;

        if (item->type == &type_TraversalSpec)
                return item == (const void *)step->spec;
        return selection->name && name && strcmp(selection->name, name) == 0;
}

/* the walk */

static int push(Walk *walk, Reached *at, const WireObjects *set)
{
        if (set->n == 0)
                return 0;
        if (walk->n_waiting == walk->waiting_size) {
                size_t size = walk->waiting_size ? 2 * walk->waiting_size : 64;
                Waiting *waiting = arena_array(walk->context->arena, size, sizeof(*waiting));

                if (!waiting)
                        return -ENOMEM;
                if (walk->n_waiting > 0)
                        memcpy(waiting, walk->waiting, walk->n_waiting * sizeof(*waiting));
                walk->waiting = waiting;
                walk->waiting_size = size;
        }
        walk->waiting[walk->n_waiting++] = (Waiting){at, set};
        return 0;
}

static int follow(Walk *walk, const Moref *target, const TraversalSpec *spec)
{
        const PropertyContext *context = walk->context;
        bool skip = spec->skip.set && spec->skip.value;
        Reached *reached;
        Object object;
        int r;

        if (object_find_for(context->inventory, context->session, target, &object) < 0)
                return 0;
        r = reach(walk, &object, !skip, &reached);
        return r < 0 ? r : push(walk, reached, &spec->select_set);
}

/* A path that leads to no reference, or that the session may not read, leads nowhere. */
static int leave(Walk *walk, const Reached *from, const TraversalSpec *spec)
{
        const Property *property = property_check(from->object.type, spec->path);
        const WireMorefs *many;
        WireAny any;
        int r;

        if (!property || !session_may(walk->context->session, property->privilege))
                return 0;
        r = property_read(walk->context, &from->object, spec->path, &any);
        if (r <= 0)
                return r == -ENOMEM ? r : 0;
        if (any.form == FORM_MOREF)
                return follow(walk, any.value, spec);
        many = any.value;
        for (size_t i = 0; r >= 0 && any.form == FORM_MOREFS && i < many->n; i++)
                r = follow(walk, &many->items[i], spec);
        return r;
}

static int take_step(Walk *walk, Reached *from, size_t index)
{
        const Step *step = &walk->steps[index];
        uint64_t bit = UINT64_C(1) << index % 64;

        if (from->left[index / 64] & bit)
                return 0;
        from->left[index / 64] |= bit;
        if (!step->type || !managed_type_is(from->object.type, step->type))
                return 0;
        return leave(walk, from, step->spec);
}

static int take_waiting(Walk *walk, const Waiting *waiting)
{
        int r = 0;

        for (size_t i = 0; i < waiting->set->n; i++)
                for (size_t k = 0; r >= 0 && k < walk->n_steps; k++)
                        if (stands_for(waiting->set->items[i], &walk->steps[k]))
                                r = take_step(walk, waiting->at, k);
        return r;
}

static int select_from(Walk *walk, const ObjectSpec *spec, const Moref **missing)
{
        const PropertyContext *context = walk->context;
        Reached *start;
        Object object;
        int r;

        *missing = &spec->obj;
        r = object_find_for(context->inventory, context->session, &spec->obj, &object);
        /* Which entities there are is for those who are logged in. */
        if ((r < 0 || object.entity) && !session_may(context->session, "System.View"))
                return -EPERM;
        if (r < 0)
                return -ENOENT;
        /* Steps are those of this spec: what was left by another's has not been left. */
        for (size_t i = 0; i < walk->n; i++)
                memset(walk->order[i]->left, 0, sizeof(walk->order[i]->left));
        walk->n_steps = 0;
        r = collect_steps(walk, &spec->select_set);
        if (r >= 0)
                r = reach(walk, &object, !(spec->skip.set && spec->skip.value), &start);
        if (r >= 0)
                r = push(walk, start, &spec->select_set);
        while (r >= 0 && walk->n_waiting > 0) {
                Waiting waiting = walk->waiting[--walk->n_waiting];

                r = take_waiting(walk, &waiting);
        }
        return r;
}

int select_objects(const PropertyContext *context, const PropertyFilterSpec *spec, Selection *ret,
                   const Moref **missing)
{
        Walk walk = {.context = context};
        int r = 0;

        walk.steps = arena_array(context->arena, SPECS_MAX, sizeof(*walk.steps));
        if (!walk.steps)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < spec->object_set.n; i++) {
                r = select_from(&walk, (const void *)spec->object_set.items[i], missing);
                if (r == -ENOENT && spec->report_missing_objects_in_results.set &&
                    spec->report_missing_objects_in_results.value)
                        r = 0;
        }
        if (r < 0)
                return r;
        ret->items = arena_array(context->arena, walk.n_selected + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (size_t i = 0; i < walk.n; i++)
                if (walk.order[i]->selected)
                        ret->items[ret->n++] = walk.order[i]->object;
        return 0;
}
