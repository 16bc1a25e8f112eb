/* Guest operations. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

static const WireField guest_authentication[] = {
        {"interactiveSession", AT(GuestAuthentication, interactive_session), REQUIRED},
};
DEFINE_TYPE(GuestAuthentication, guest_authentication, .abstract = true);

static const WireField name_password_authentication[] = {
        {"username", AT(NamePasswordAuthentication, username), REQUIRED},
        {"password", AT(NamePasswordAuthentication, password), REQUIRED},
};
DEFINE_TYPE(NamePasswordAuthentication, name_password_authentication,
            .base = &type_GuestAuthentication);

static const WireField saml_token_authentication[] = {
        {"token", AT(SAMLTokenAuthentication, token), REQUIRED},
        {"username", AT(SAMLTokenAuthentication, username), OPTIONAL},
};
DEFINE_TYPE(SAMLTokenAuthentication, saml_token_authentication, .base = &type_GuestAuthentication);

static const WireField sspi_authentication[] = {
        {"sspiToken", AT(SSPIAuthentication, sspi_token), REQUIRED},
};
DEFINE_TYPE(SSPIAuthentication, sspi_authentication, .base = &type_GuestAuthentication);

static const WireField ticketed_session_authentication[] = {
        {"ticket", AT(TicketedSessionAuthentication, ticket), REQUIRED},
};
DEFINE_TYPE(TicketedSessionAuthentication, ticketed_session_authentication,
            .base = &type_GuestAuthentication);

static const WireField guest_program_spec[] = {
        {"programPath", AT(GuestProgramSpec, program_path), REQUIRED},
        {"arguments", AT(GuestProgramSpec, arguments), REQUIRED},
        {"workingDirectory", AT(GuestProgramSpec, working_directory), OPTIONAL},
        {"envVariables", AT(GuestProgramSpec, env_variables), OPTIONAL},
};
DEFINE_TYPE(GuestProgramSpec, guest_program_spec);

static const WireField guest_windows_program_spec[] = {
        {"startMinimized", AT(GuestWindowsProgramSpec, start_minimized), REQUIRED},
};
DEFINE_TYPE(GuestWindowsProgramSpec, guest_windows_program_spec, .base = &type_GuestProgramSpec);

static const WireField guest_process_info[] = {
        {"name", AT(GuestProcessInfo, name), REQUIRED},
        {"pid", AT(GuestProcessInfo, pid), REQUIRED},
        {"owner", AT(GuestProcessInfo, owner), REQUIRED},
        {"cmdLine", AT(GuestProcessInfo, cmd_line), REQUIRED},
        {"startTime", AT(GuestProcessInfo, start_time), REQUIRED},
        {"endTime", AT(GuestProcessInfo, end_time), OPTIONAL},
        {"exitCode", AT(GuestProcessInfo, exit_code), OPTIONAL},
};
DEFINE_TYPE(GuestProcessInfo, guest_process_info);

static const WireField start_program_in_guest[] = {
        {"vm", AT(StartProgramInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(StartProgramInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"spec", POINTS(StartProgramInGuestRequestType, spec, GuestProgramSpec), REQUIRED,
         &type_GuestProgramSpec},
};
DEFINE_TYPE(StartProgramInGuestRequestType, start_program_in_guest);

static const WireField list_processes_in_guest[] = {
        {"vm", AT(ListProcessesInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(ListProcessesInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"pids", AT(ListProcessesInGuestRequestType, pids), OPTIONAL},
};
DEFINE_TYPE(ListProcessesInGuestRequestType, list_processes_in_guest);
