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
        {"token", AT(SAMLTokenAuthentication, token), REQUIRED, .since = API_VERSION(6, 0, 0, 0)},
        {"username", AT(SAMLTokenAuthentication, username), OPTIONAL,
         .since = API_VERSION(6, 0, 0, 0)},
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

static const WireField read_environment_variable_in_guest[] = {
        {"vm", AT(ReadEnvironmentVariableInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(ReadEnvironmentVariableInGuestRequestType, auth, GuestAuthentication),
         REQUIRED, &type_GuestAuthentication},
        {"names", AT(ReadEnvironmentVariableInGuestRequestType, names), OPTIONAL},
};
DEFINE_TYPE(ReadEnvironmentVariableInGuestRequestType, read_environment_variable_in_guest);

static const WireField terminate_process_in_guest[] = {
        {"vm", AT(TerminateProcessInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(TerminateProcessInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"pid", AT(TerminateProcessInGuestRequestType, pid), REQUIRED},
};
DEFINE_TYPE(TerminateProcessInGuestRequestType, terminate_process_in_guest);

static const WireField acquire_credentials_in_guest[] = {
        {"vm", AT(AcquireCredentialsInGuestRequestType, vm), REQUIRED},
        {"requestedAuth",
         POINTS(AcquireCredentialsInGuestRequestType, requested_auth, GuestAuthentication),
         REQUIRED, &type_GuestAuthentication},
        {"sessionID", AT(AcquireCredentialsInGuestRequestType, session_id), OPTIONAL},
};
DEFINE_TYPE(AcquireCredentialsInGuestRequestType, acquire_credentials_in_guest);

static const WireField release_credentials_in_guest[] = {
        {"vm", AT(ReleaseCredentialsInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(ReleaseCredentialsInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
};
DEFINE_TYPE(ReleaseCredentialsInGuestRequestType, release_credentials_in_guest);

static const WireField validate_credentials_in_guest[] = {
        {"vm", AT(ValidateCredentialsInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(ValidateCredentialsInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
};
DEFINE_TYPE(ValidateCredentialsInGuestRequestType, validate_credentials_in_guest);
