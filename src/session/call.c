#include "session/call.h"

#include "schema/tables.h"

void call_reply(Call *call, const void *value, Usec now)
{
        call->abandon = NULL;
        call->reply(call, call->method ? call->method->result : FORM_NONE, value, now);
}

void call_fail(Call *call, Usec now)
{
        call->abandon = NULL;
        (void)call_fault(call, FAULT_SYSTEM_ERROR, "internal error",
                         "A general system error occurred: internal error");
        if (!call->fault.detail) {
                call->spare.base.type = &type_SystemError;
                call->spare.reason = (char *)"out of memory";
                call->fault = (Fault){
                        .detail = &call->spare.base,
                        .message = "A general system error occurred: out of memory",
                };
        }
        call->reply(call, FORM_NONE, NULL, now);
}

int call_fault_no_object(Call *call, const Moref *moref)
{
        int r = call_fault(call, FAULT_MANAGED_OBJECT_NOT_FOUND, NULL,
                           "The object '%s:%s' has already been deleted or has not been "
                           "completely created",
                           moref->type ? moref->type : "", moref->value ? moref->value : "");

        if (call->fault.detail && call->fault.detail->type == &type_ManagedObjectNotFound)
                ((ManagedObjectNotFound *)call->fault.detail)->obj = *moref;
        return r;
}

int call_fault_too_many(Call *call)
{
        return call_fault(call, FAULT_SYSTEM_ERROR, "too many objects",
                          "This session has made too many views, filters and pages; destroy some.");
}

int call_authorize(Call *call, const char *privilege, const Moref *object)
{
        FaultId id = call->session ? FAULT_NO_PERMISSION : FAULT_NOT_AUTHENTICATED;
        int r;

        if (session_may(call->session, privilege))
                return 0;
        r = call_fault(call, id, NULL, "%s",
                       call->session ? "Permission to perform this operation was denied."
                                     : "The session is not authenticated.");
        if (call->fault.detail && wire_type_is(call->fault.detail->type, &type_NoPermission)) {
                NoPermission *fault = (NoPermission *)call->fault.detail;

                fault->object = *object;
                fault->privilege_id = arena_strdup(call->arena, privilege);
        }
        return r;
}
