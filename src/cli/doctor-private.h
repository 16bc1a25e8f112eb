#pragma once

/*
 * What the files of the steps share.
 *
 * doctor-host.c     the service, libvirt and the machine
 * doctor-channel.c  the channel, from the definition to the socket
 * doctor-guest.c    the agent and its guest
 * doctor-steps.c    their order
 */

#include "cli/doctor.h"

bool check_service(const Facts *facts, Verdict *verdict);
bool check_name(const Facts *facts, Verdict *verdict);
bool check_libvirt(const Facts *facts, Verdict *verdict);
bool check_known(const Facts *facts, Verdict *verdict);
bool check_source(const Facts *facts, Verdict *verdict);
bool check_power(const Facts *facts, Verdict *verdict);
bool check_job(const Facts *facts, Verdict *verdict);

bool check_defined(const Facts *facts, Verdict *verdict);
bool check_live(const Facts *facts, Verdict *verdict);
bool check_path(const Facts *facts, Verdict *verdict);
bool check_socket(const Facts *facts, Verdict *verdict);
bool check_modes(const Facts *facts, Verdict *verdict);
bool check_policy(const Facts *facts, Verdict *verdict);
bool check_trusted(const Facts *facts, Verdict *verdict);
bool check_alone(const Facts *facts, Verdict *verdict);
bool check_connected(const Facts *facts, Verdict *verdict);

bool check_port(const Facts *facts, Verdict *verdict);
bool check_agent(const Facts *facts, Verdict *verdict);
bool check_set_up(const Facts *facts, Verdict *verdict);
bool check_age(const Facts *facts, Verdict *verdict);
bool check_enabled(const Facts *facts, Verdict *verdict);

/* "virsh -c URI VERB NAME", or as much of it as there is. */
void doctor_put_virsh(Buf *out, const Facts *facts, const char *verb);
/* "guestops VERB -c URI NAME" */
void doctor_put_guestops(Buf *out, const Facts *facts, const char *verb);
