#include "cli/doctor-private.h"

static bool is_domain(const Facts *facts)
{
        return facts->by_libvirt;
}

static bool is_ambiguous(const Facts *facts)
{
        return facts->n_called_so > 1;
}

static bool is_persistent(const Facts *facts)
{
        return facts->by_libvirt && json_is_true(json_object_get(facts->domain, "persistent"));
}

/* What the service has open cannot be wrong up to there. */
static bool is_apart(const Facts *facts)
{
        return !doctor_is_connected(facts);
}

static bool is_apart_with_path(const Facts *facts)
{
        return is_apart(facts) && doctor_channel_path(facts);
}

/* The order of the path: no step needs what a later one finds out. */
const Step doctor_steps[] = {
        {"the service runs", NULL, check_service},
        {"the name is one machine's", is_ambiguous, check_name},
        {"libvirt knows the machine", is_domain, check_libvirt},
        {"the service knows the machine", NULL, check_known},
        {"the service can ask for it", NULL, check_source},
        {"a channel is defined", is_persistent, check_defined},
        {"the machine runs", NULL, check_power},
        {"the hypervisor leaves it alone", NULL, check_job},
        {"it has the channel now", is_domain, check_live},
        {"the socket's path is short enough", is_apart_with_path, check_path},
        {"the socket is there", is_apart_with_path, check_socket},
        {"its mode lets the service in", is_apart_with_path, check_modes},
        {"nothing else keeps the service out", is_apart, check_policy},
        {"nobody else can have put it there", is_apart, check_trusted},
        {"nobody else is connected", is_apart, check_alone},
        {"the service is connected", NULL, check_connected},
        {"the guest has its port open", is_domain, check_port},
        {"the agent answers", NULL, check_agent},
        {"the agent knows all operations", NULL, check_age},
        {"the guest is set up", NULL, check_set_up},
        {"all operations are enabled", NULL, check_enabled},
};
const size_t n_doctor_steps = ELEMENTS(doctor_steps);
