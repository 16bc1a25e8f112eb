/* Who an operation is carried out as: what the credentials in its request come to. */

#include "agent/operation.h"
#include "schema/tables.h"

#define USER_NAME_MAX 256

static int fault_login(Operation *operation)
{
        return operation_fault(operation, FAULT_INVALID_GUEST_LOGIN, NULL,
                               "Failed to authenticate with the guest operating system using the "
                               "supplied credentials.");
}

static void on_login(Login *login, int result, const LoginVerdict *verdict, Usec now)
{
        Operation *operation = container_of(login, Operation, login);

        switch (result) {
        case 0:
                operation->who = verdict;
                operation_proceed(operation, now);
                return;
        case -EACCES:
                (void)fault_login(operation);
                break;
        case -ETIMEDOUT:
                (void)operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                      "The guest did not finish the login in time.");
                break;
        case -EAGAIN:
                (void)operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                      "Too many logins wait in the guest; try again later.");
                break;
        default:
                (void)operation_fault(operation, FAULT_SYSTEM_ERROR, "login",
                                      "The guest's login service is broken; its agent's log says "
                                      "how.");
                break;
        }
        operation_fail(operation);
}

/* Every guest operation has its credentials in a member of one of these names. */
static const GuestAuthentication *find_auth(const Operation *operation)
{
        const WireObject *params = operation->request->params;
        const WireField *field = wire_type_field(params->type, "auth");

        if (!field)
                field = wire_type_field(params->type, "requestedAuth");
        return field ? *(GuestAuthentication *const *)((const char *)params + field->offset) : NULL;
}

static int check_user_name(Operation *operation, const char *name)
{
        const char *backslash = strchr(name, '\\');
        const char *property = wire_type_field(operation->request->params->type, "auth")
                                       ? "auth.username"
                                       : "requestedAuth.username";

        if (*name && strlen(name) <= USER_NAME_MAX && !strpbrk(name, "<>/") &&
            !(backslash && strchr(backslash + 1, '\\')))
                return 0;
        return operation_fault(operation, FAULT_INVALID_ARGUMENT, property,
                               "A specified parameter was not correct: %s", property);
}

static int login_by_ticket(Operation *operation, const TicketedSessionAuthentication *auth,
                           Usec now)
{
        Operations *operations = operation->operations;
        const TicketPlace place = operation_ticket_place(operation, now);
        const char *user = ticket_user(&operations->tickets, auth->ticket, &place);

        if (!user)
                return fault_login(operation);
        operation->user_spelling = arena_strdup(operation->arena, user);
        if (!operation->user_spelling)
                return -ENOMEM;
        login_begin(operations->logins, &operation->login, operation->arena,
                    operation->user_spelling, NULL, now);
        return 0;
}

int operation_login(Operation *operation, Usec now)
{
        const GuestAuthentication *auth = find_auth(operation);
        const NamePasswordAuthentication *credential = (const void *)auth;
        int r;

        operation->login.on_done = on_login;
        if (auth && auth->interactive_session)
                return operation_fault(operation, FAULT_OPERATION_NOT_SUPPORTED_BY_GUEST, NULL,
                                       "This guest has no interactive sessions; set "
                                       "interactiveSession to false.");
        if (auth && auth->type == &type_TicketedSessionAuthentication)
                return login_by_ticket(operation, (const void *)auth, now);
        if (!auth || auth->type != &type_NamePasswordAuthentication)
                return operation_fault(operation, FAULT_OPERATION_NOT_SUPPORTED_BY_GUEST, NULL,
                                       "This guest takes NamePasswordAuthentication and "
                                       "TicketedSessionAuthentication only.");
        r = check_user_name(operation, credential->username);
        if (r < 0)
                return r;
        operation->user_spelling = credential->username;
        login_begin(operation->operations->logins, &operation->login, operation->arena,
                    credential->username, credential->password, now);
        return 0;
}
