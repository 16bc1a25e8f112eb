#include "property/view.h"

#include "property/tables.h"

#define ARENA_BYTES_MAX ((size_t)8 << 20)

typedef struct View {
        OwnObject own;
        Arena *arena;
        char *container; /* the entity's id; NULL for a ListView */
        const ManagedType *types[VIEW_TYPES_MAX];
        size_t n_types;
        bool recursive;
        Moref *list; /* of a ListView */
        size_t n_list;
} View;

static void on_end(OwnObject *own)
{
        View *view = container_of(own, View, own);

        arena_free(view->arena);
        free(view);
}

static View *new_view(const char *type)
{
        View *view = calloc(1, sizeof(*view));

        if (!view)
                return NULL;
        view->own = (OwnObject){.type = managed_type_find(type), .end = on_end};
        view->arena = arena_new(ARENA_BYTES_MAX);
        if (!view->arena) {
                free(view);
                return NULL;
        }
        return view;
}

/* @r: of what was made before; where that or this fails, there is no view. */
static int add(Session *session, View *view, int r, OwnObject **ret)
{
        view->own.bytes = sizeof(*view) + arena_bytes(view->arena);
        if (r >= 0)
                r = own_add(session, &view->own);
        if (r < 0)
                on_end(&view->own);
        else
                *ret = &view->own;
        return r;
}

int view_new_container(Session *session, const Entity *container, const WireStrings *types,
                       bool recursive, OwnObject **ret)
{
        View *view;

        if (types->n > VIEW_TYPES_MAX)
                return -EINVAL;
        view = new_view("ContainerView");
        if (!view)
                return -ENOMEM;
        view->recursive = recursive;
        view->container = arena_strdup(view->arena, container->moid);
        /* A type that we do not have matches nothing, and is no error. */
        for (size_t i = 0; i < types->n; i++)
                view->types[view->n_types++] = managed_type_find(types->items[i]);
        return add(session, view, view->container ? 0 : -ENOMEM, ret);
}

static int copy_list(View *view, const WireMorefs *objects)
{
        view->list = arena_array(view->arena, objects->n + 1, sizeof(*view->list));
        if (!view->list)
                return -ENOMEM;
        for (; view->n_list < objects->n; view->n_list++) {
                const Moref *object = &objects->items[view->n_list];
                Moref copy = {arena_strdup(view->arena, object->type),
                              arena_strdup(view->arena, object->value)};

                if (!copy.type || !copy.value)
                        return -ENOMEM;
                view->list[view->n_list] = copy;
        }
        return 0;
}

int view_new_list(Session *session, const WireMorefs *objects, OwnObject **ret)
{
        View *view = new_view("ListView");

        if (!view)
                return -ENOMEM;
        return add(session, view, copy_list(view, objects), ret);
}

/* what is in it */

typedef struct Listing {
        const View *view;
        Moref *items; /* NULL while they are counted */
        size_t n;
} Listing;

static void list(Listing *listing, const Entity *entity)
{
        const View *view = listing->view;
        bool matches = view->n_types == 0;

        for (size_t i = 0; i < view->n_types && !matches; i++)
                matches = view->types[i] && managed_type_is(entity->type, view->types[i]);
        if (!matches)
                return;
        if (listing->items)
                listing->items[listing->n] = (Moref){entity->type->name, entity->moid};
        listing->n++;
}

/* As deep as the inventory, which we have made. */
static void list_below(Listing *listing, const Entity *above)
{
        const Entity *child;

        TAILQ_FOREACH (child, &above->children, entry) {
                list(listing, child);
                if (listing->view->recursive)
                        list_below(listing, child);
        }
}

/* Machines are below their folder; but whoever looks below a host or its pool looks for them. */
static bool runs_machines(const View *view, const Inventory *inventory, const Entity *container)
{
        const char *type = container->type->name;

        if (strcmp(type, "HostSystem") == 0 || strcmp(type, "ResourcePool") == 0)
                return true;
        return view->recursive && (strcmp(type, "ComputeResource") == 0 ||
                                   container == inventory_folder(inventory, "host"));
}

static void list_all(Listing *listing, const Inventory *inventory, const Entity *container)
{
        const Entity *machine;

        list_below(listing, container);
        if (!runs_machines(listing->view, inventory, container))
                return;
        TAILQ_FOREACH (machine, &inventory_folder(inventory, "vm")->children, entry)
                list(listing, machine);
}

static int get_container_view(const PropertyContext *context, const View *view, WireMorefs *ret)
{
        const Entity *container = inventory_find(context->inventory, NULL, view->container);
        Listing listing = {.view = view};

        if (container)
                list_all(&listing, context->inventory, container);
        ret->items = arena_array(context->arena, listing.n + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        listing = (Listing){.view = view, .items = ret->items};
        if (container)
                list_all(&listing, context->inventory, container);
        ret->n = listing.n;
        return 1;
}

static int get_list_view(const PropertyContext *context, const View *view, WireMorefs *ret)
{
        ret->items = arena_array(context->arena, view->n_list + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (size_t i = 0; i < view->n_list; i++) {
                Object object;

                if (object_find_for(context->inventory, context->session, &view->list[i],
                                    &object) >= 0)
                        ret->items[ret->n++] = view->list[i];
        }
        return 1;
}

/* properties */

static const View *view_of(const Object *object)
{
        return container_of(object->own, const View, own);
}

static int get_view(const PropertyContext *context, const Object *object, void *ret)
{
        const View *view = view_of(object);

        return view->container ? get_container_view(context, view, ret)
                               : get_list_view(context, view, ret);
}

static int get_container(const PropertyContext *context, const Object *object, void *ret)
{
        const Entity *container =
                inventory_find(context->inventory, NULL, view_of(object)->container);

        if (!container)
                return 0;
        *(Moref *)ret = (Moref){container->type->name, container->moid};
        return 1;
}

static int get_recursive(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        *(bool *)ret = view_of(object)->recursive;
        return 1;
}

static int get_type(const PropertyContext *context, const Object *object, void *ret)
{
        const View *view = view_of(object);
        WireStrings *types = ret;

        types->items = arena_array(context->arena, view->n_types + 1, sizeof(*types->items));
        if (!types->items)
                return -ENOMEM;
        for (size_t i = 0; i < view->n_types; i++)
                if (view->types[i])
                        types->items[types->n++] = (char *)view->types[i]->name;
        return types->n > 0;
}

static const Property managed_object_view[] = {
        {"view", FORM_MOREFS, NULL, "System.View", get_view},
};
PROPERTIES(ManagedObjectView, managed_object_view);

static const Property container_view[] = {
        {"container", FORM_MOREF, NULL, "System.View", get_container},
        {"recursive", FORM_BOOL, NULL, "System.View", get_recursive},
        {"type", FORM_STRINGS, NULL, "System.View", get_type},
};
PROPERTIES(ContainerView, container_view);

/* ViewManager */

static bool is_view(const OwnObject *own)
{
        return own->type && managed_type_is(own->type, managed_type_find("View"));
}

static int get_view_list(const PropertyContext *context, const Object *object, void *value)
{
        WireMorefs *ret = value;
        const OwnObject *own;
        size_t n = 0;

        (void)object;
        for (own = own_first(context->session); own; own = own_next(own))
                n += is_view(own);
        ret->items = arena_array(context->arena, n + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (own = own_first(context->session); own; own = own_next(own))
                if (is_view(own))
                        ret->items[ret->n++] = (Moref){own->type->name, own->moid};
        return 1;
}

static const Property view_manager[] = {
        {"viewList", FORM_MOREFS, NULL, "System.View", get_view_list},
};
PROPERTIES(ViewManager, view_manager);
