#pragma once

/* Handlers of methods that this daemon carries out itself: one file per managed object type. */

#include "api/service.h"
#include "property/object.h"
#include "schema/method.h"
#include "session/call.h"

typedef struct Handler {
        const char *method;
        /* Answers or parks the call. Return: 0, or negative where a fault is to be answered. */
        int (*run)(Service *service, Call *call, Usec now);
} Handler;

extern const Handler managed_object_handlers[];
extern const size_t n_managed_object_handlers;
extern const Handler property_collector_handlers[];
extern const size_t n_property_collector_handlers;
extern const Handler property_filter_handlers[];
extern const size_t n_property_filter_handlers;
extern const Handler property_updates_handlers[];
extern const size_t n_property_updates_handlers;
extern const Handler search_index_handlers[];
extern const size_t n_search_index_handlers;
extern const Handler service_instance_handlers[];
extern const size_t n_service_instance_handlers;
extern const Handler session_manager_handlers[];
extern const size_t n_session_manager_handlers;
extern const Handler view_handlers[];
extern const size_t n_view_handlers;
extern const Handler view_manager_handlers[];
extern const size_t n_view_manager_handlers;
extern const Handler virtual_machine_handlers[];
extern const size_t n_virtual_machine_handlers;

typedef struct HandlerTable {
        const char *type;
        const Handler *rows;
        const size_t *n;
} HandlerTable;

extern const HandlerTable handler_tables[];
extern const size_t n_handler_tables;

/* Return: what carries out @method of this type, or NULL where the guest's agent does. */
const Handler *handler_find(const ManagedType *type, const char *method);

PropertyContext service_property_context(const Service *service, const Call *call);
