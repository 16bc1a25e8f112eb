/* The service itself, and who is logged in. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/method-tables.h"
#include "schema/tables.h"

static const WireType *const login_faults[] = {&type_InvalidLogin, &type_InvalidLocale,
                                               &type_NoPermission, NULL};

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
                METHOD_ANONYMOUS,
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
};

MANAGED_TYPE(ServiceInstance, service_instance);
MANAGED_TYPE(SessionManager, session_manager);
