#include "api/handlers.h"

static const struct {
        const char *type;
        const Handler *rows;
        const size_t *n;
} tables[] = {
        {"ServiceInstance", service_instance_handlers, &n_service_instance_handlers},
        {"SessionManager", session_manager_handlers, &n_session_manager_handlers},
};

const Handler *handler_find(const ManagedType *type, const char *method)
{
        for (size_t i = 0; i < ELEMENTS(tables); i++) {
                if (strcmp(tables[i].type, type->name) != 0)
                        continue;
                for (size_t k = 0; k < *tables[i].n; k++)
                        if (strcmp(tables[i].rows[k].method, method) == 0)
                                return &tables[i].rows[k];
        }
        return NULL;
}
