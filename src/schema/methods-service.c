/* The service itself, and who is logged in. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/method-tables.h"
#include "schema/tables.h"

static const WireType *const login_faults[] = {&type_InvalidLogin, &type_InvalidLocale,
                                               &type_NoPermission, NULL};
static const WireType *const locale_faults[] = {&type_InvalidLocale, NULL};
static const WireType *const terminate_faults[] = {&type_NotFound, &type_InvalidArgument, NULL};
static const WireType *const fetch_faults[] = {&type_InvalidProperty, NULL};

/*
 * Of no document, but clients read single properties with it. Whoever asks needs the property's
 * privilege.
 */
static const Method managed_object[] = {
        {
                "Fetch",
                &type_FetchRequestType,
                FORM_ANY,
                NULL,
                "System.Anonymous",
                METHOD_ANONYMOUS,
                fetch_faults,
        },
};

static const Method service_instance[] = {
        {
                "CurrentTime",
                &type_NoParameters,
                FORM_TIME,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "RetrieveServiceContent",
                &type_NoParameters,
                FORM_OBJECT,
                &type_ServiceContent,
                "System.Anonymous",
                METHOD_ANONYMOUS,
                no_faults,
        },
};

static const Method session_manager[] = {
        {
                "Login",
                &type_LoginRequestType,
                FORM_OBJECT,
                &type_UserSession,
                "System.Anonymous",
                METHOD_ANONYMOUS | METHOD_AUDITED,
                login_faults,
        },
        {
                "Logout",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "SessionIsActive",
                &type_SessionIsActiveRequestType,
                FORM_BOOL,
                NULL,
                "Sessions.ValidateSession",
                0,
                no_faults,
        },
        {
                "SetLocale",
                &type_SetLocaleRequestType,
                FORM_NONE,
                NULL,
                "System.View",
                0,
                locale_faults,
        },
        {
                "TerminateSession",
                &type_TerminateSessionRequestType,
                FORM_NONE,
                NULL,
                "Sessions.TerminateSession",
                METHOD_AUDITED,
                terminate_faults,
        },
};

MANAGED_TYPE(ManagedObject, managed_object);
MANAGED_TYPE(ServiceInstance, service_instance, .base = &managed_ManagedObject);
MANAGED_TYPE(SessionManager, session_manager, .base = &managed_ManagedObject);
