#include "property/select.h"

#include "property/path.h"
#include "schema/tables.h"

#include <sys/queue.h>

#define SPECS_MAX 256U /* traversal specs of one object spec */
#define WORD_BITS 64

/* A set of traversal specs of one object spec. */
typedef struct StepSet {
        uint64_t words[SPECS_MAX / WORD_BITS];
} StepSet;

/* A traversal spec, resolved. */
typedef struct Step {
        const TraversalSpec *spec;
        const ManagedType *type; /* NULL: one that we do not have */
        StepSet next;            /* to be taken from where it leads */
} Step;

/* An object that the walk has come to. */
typedef struct Reached {
        Object object;
        bool selected;
        size_t spec;        /* the object spec that the following is of */
        StepSet taken, due; /* from here */
        bool waiting;
        STAILQ_ENTRY(Reached) entry;
} Reached;

typedef struct Walk {
        const PropertyContext *context;
        size_t spec; /* the number of the object spec, beginning with 1 */
        size_t *steps_left;
        Step *steps; /* room for all, once there is one */
        size_t n_steps;
        Reached **table; /* open addressing; its size is a power of two */
        size_t size, n;
        Reached **order; /* as they were reached */
        size_t n_selected;
        STAILQ_HEAD(ReachedList, Reached) waiting; /* whose due steps are still to be taken */
} Walk;

/* objects */

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

        for (i &= walk->size - 1;
             walk->table[i] && identity_of(&walk->table[i]->object) != identity;)
                i = (i + 1) & (walk->size - 1);
        return i;
}

static int grow(Walk *walk)
{
        Walk larger = *walk;

        larger.size = walk->size ? 2 * walk->size : 8;
        larger.table = arena_array(walk->context->arena, larger.size, sizeof(*larger.table));
        larger.order = arena_array(walk->context->arena, larger.size, sizeof(*larger.order));
        if (!larger.table || !larger.order)
                return -ENOMEM;
        for (size_t i = 0; i < walk->n; i++) {
                larger.order[i] = walk->order[i];
                larger.table[slot_of(&larger, identity_of(&walk->order[i]->object))] =
                        walk->order[i];
        }
        walk->size = larger.size;
        walk->table = larger.table;
        walk->order = larger.order;
        return 0;
}

/* Return: the object as the walk knows it, or NULL without memory. */
static Reached *reach(Walk *walk, const Object *object, bool select)
{
        Reached *reached;
        size_t slot;

        if (2 * (walk->n + 1) > walk->size && grow(walk) < 0)
                return NULL;
        slot = slot_of(walk, identity_of(object));
        reached = walk->table[slot];
        if (!reached) {
                reached = arena_new_object(walk->context->arena, Reached);
                if (!reached)
                        return NULL;
                reached->object = *object;
                walk->table[slot] = walk->order[walk->n++] = reached;
        }
        if (select && !reached->selected)
                walk->n_selected++;
        reached->selected |= select;
        return reached;
}

/* the steps of one object spec */

static int add_step(Walk *walk, const TraversalSpec *spec)
{
        if (walk->n_steps >= SPECS_MAX)
                return -E2BIG;
        if (!walk->steps)
                walk->steps = arena_array(walk->context->arena, SPECS_MAX, sizeof(*walk->steps));
        if (!walk->steps)
                return -ENOMEM;
        walk->steps[walk->n_steps++] = (Step){
                .spec = spec,
                .type = managed_type_find(spec->managed_type),
        };
        return 0;
}

static int collect_steps(Walk *walk, const WireObjects *set)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < set->n; i++) {
                const TraversalSpec *spec = (const void *)set->items[i];

                if (spec->base.type != &type_TraversalSpec)
                        continue;
                r = add_step(walk, spec);
                if (r >= 0)
                        r = collect_steps(walk, &spec->select_set);
        }
        return r;
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

static StepSet resolve(const Walk *walk, const WireObjects *set)
{
        StepSet steps = {0};

        for (size_t i = 0; i < set->n; i++)
                for (size_t k = 0; k < walk->n_steps; k++)
                        if (stands_for(set->items[i], &walk->steps[k]))
                                steps.words[k / WORD_BITS] |= UINT64_C(1) << k % WORD_BITS;
        return steps;
}

static int take_specs(Walk *walk, const WireObjects *set)
{
        int r;

        walk->n_steps = 0;
        r = collect_steps(walk, set);
        for (size_t i = 0; r >= 0 && i < walk->n_steps; i++)
                walk->steps[i].next = resolve(walk, &walk->steps[i].spec->select_set);
        return r;
}

/* the walk */

static int spend(Walk *walk)
{
        if (*walk->steps_left == 0)
                return -E2BIG;
        --*walk->steps_left;
        return 0;
}

static int arrive(Walk *walk, const Object *object, bool select, const StepSet *next)
{
        Reached *reached = reach(walk, object, select);
        uint64_t due = 0;

        if (!reached)
                return -ENOMEM;
        if (reached->spec != walk->spec) {
                reached->spec = walk->spec;
                reached->taken = (StepSet){0};
        }
        for (size_t i = 0; i < ELEMENTS(next->words); i++) {
                reached->due.words[i] |= next->words[i] & ~reached->taken.words[i];
                due |= reached->due.words[i];
        }
        if (due && !reached->waiting) {
                reached->waiting = true;
                STAILQ_INSERT_TAIL(&walk->waiting, reached, entry);
        }
        return 0;
}

static int follow(Walk *walk, const Moref *target, const Step *step)
{
        const PropertyContext *context = walk->context;
        const WireBool *skip = &step->spec->skip;
        Object object;
        int r;

        r = spend(walk);
        if (r < 0)
                return r;
        if (object_find_for(context->inventory, context->session, target, &object) < 0)
                return 0;
        return arrive(walk, &object, !(skip->set && skip->value), &step->next);
}

/* Return: 1, 0 for unset and what the session may not see, or -ENOMEM. */
static int read_path(const PropertyContext *context, const Object *object, const char *path,
                     WireAny *ret)
{
        const Property *property = property_check(object->type, path);
        int r;

        if (!property || !session_may(context->session, property->privilege))
                return 0;
        r = property_read(context, object, path, ret);
        return r < 0 && r != -ENOMEM ? 0 : r;
}

/* A path that leads to no reference leads nowhere. */
static int take_step(Walk *walk, const Reached *from, const Step *step)
{
        const WireMorefs *many;
        WireAny any;
        int r;

        r = spend(walk);
        if (r < 0 || !step->type || !managed_type_is(from->object.type, step->type))
                return r;
        r = read_path(walk->context, &from->object, step->spec->path, &any);
        if (r <= 0)
                return r;
        if (any.form == FORM_MOREF)
                return follow(walk, any.value, step);
        many = any.value;
        for (size_t i = 0; r >= 0 && any.form == FORM_MOREFS && i < many->n; i++)
                r = follow(walk, &many->items[i], step);
        return r;
}

static int take_due(Walk *walk, Reached *from)
{
        StepSet due = from->due;
        int r = 0;

        from->due = (StepSet){0};
        for (size_t i = 0; i < ELEMENTS(due.words); i++)
                from->taken.words[i] |= due.words[i];
        for (size_t i = 0; r >= 0 && i < walk->n_steps; i++)
                if (due.words[i / WORD_BITS] >> i % WORD_BITS & 1)
                        r = take_step(walk, from, &walk->steps[i]);
        return r;
}

static int select_from(Walk *walk, const ObjectSpec *spec, const Moref **missing)
{
        const PropertyContext *context = walk->context;
        StepSet first;
        Object object;
        int r;

        *missing = &spec->obj;
        r = object_find_for(context->inventory, context->session, &spec->obj, &object);
        /* Which entities there are is for those who are logged in. */
        if ((r < 0 || object.entity) && !session_may(context->session, "System.View"))
                return -EPERM;
        if (r < 0)
                return -ENOENT;
        r = take_specs(walk, &spec->select_set);
        if (r < 0)
                return r;
        first = resolve(walk, &spec->select_set);
        walk->spec++; /* what was taken from an object is not that of this spec */
        r = arrive(walk, &object, !(spec->skip.set && spec->skip.value), &first);
        while (r >= 0 && !STAILQ_EMPTY(&walk->waiting)) {
                Reached *reached = STAILQ_FIRST(&walk->waiting);

                STAILQ_REMOVE_HEAD(&walk->waiting, entry);
                reached->waiting = false;
                r = take_due(walk, reached);
        }
        return r;
}

int select_objects(const PropertyContext *context, const PropertyFilterSpec *spec, size_t *steps,
                   Selection *ret, const Moref **missing)
{
        Walk walk = {.context = context};
        int r = 0;

        walk.steps_left = steps;
        STAILQ_INIT(&walk.waiting);
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
