#include "api/handlers.h"

const HandlerTable handler_tables[] = {
        {"ManagedObject", managed_object_handlers, &n_managed_object_handlers},
        {"PropertyCollector", property_collector_handlers, &n_property_collector_handlers},
        {"PropertyCollector", property_updates_handlers, &n_property_updates_handlers},
        {"PropertyFilter", property_filter_handlers, &n_property_filter_handlers},
        {"SearchIndex", search_index_handlers, &n_search_index_handlers},
        {"ServiceInstance", service_instance_handlers, &n_service_instance_handlers},
        {"SessionManager", session_manager_handlers, &n_session_manager_handlers},
        {"View", view_handlers, &n_view_handlers},
        {"ViewManager", view_manager_handlers, &n_view_manager_handlers},
        {"VirtualMachine", virtual_machine_handlers, &n_virtual_machine_handlers},
};
const size_t n_handler_tables = ELEMENTS(handler_tables);

static const Handler *find_own(const char *type, const char *method)
{
        for (size_t i = 0; i < n_handler_tables; i++) {
                if (strcmp(handler_tables[i].type, type) != 0)
                        continue;
                for (size_t k = 0; k < *handler_tables[i].n; k++)
                        if (strcmp(handler_tables[i].rows[k].method, method) == 0)
                                return &handler_tables[i].rows[k];
        }
        return NULL;
}

const Handler *handler_find(const ManagedType *type, const char *method)
{
        const Handler *handler = NULL;

        for (; type && !handler; type = type->base)
                handler = find_own(type->name, method);
        return handler;
}
