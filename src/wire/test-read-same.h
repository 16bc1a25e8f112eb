#pragma once

/*
 * Rows that are the same in every notation. Who includes this has said how things are written in
 * one: VM, AUTH, SPEC and START() of them; AUTH_OF() a type alone; SPEC_WITH() members, of which
 * TEXT() and YES() are some; PIDS() of two; STATE(), SESSION().
 */

#include "wire/test-read.h"

static inline void test_same(ReadFunction *read)
{
        static const ReadRow rows[] = {
                {"whole", SP, START(VM, AUTH, SPEC), WIRE_OK, ""},
                {"other order", SP, START(SPEC, AUTH, VM), WIRE_OK, ""},
                {"auth: abstract", SP, START(VM, AUTH_OF("GuestAuthentication"), SPEC),
                 WIRE_BAD_TYPE, "auth"},
                {"auth: unknown", SP, START(VM, AUTH_OF("Password"), SPEC), WIRE_BAD_TYPE, "auth"},
                {"auth: empty", SP, START(VM, AUTH_OF(""), SPEC), WIRE_BAD_TYPE, "auth"},
                {"auth: no subtype", SP, START(VM, AUTH_OF("GuestProgramSpec"), SPEC),
                 WIRE_BAD_TYPE, "auth"},
                {"auth: an enum", SP, START(VM, AUTH_OF("VirtualMachinePowerState"), SPEC),
                 WIRE_BAD_TYPE, "auth"},
                {"missing: inherited", SP, START(VM, AUTH_OF("SSPIAuthentication"), SPEC),
                 WIRE_BAD_VALUE, "auth.interactiveSession"},
                {"missing: nested", SP, START(VM, AUTH, SPEC_WITH(TEXT("programPath", "p"))),
                 WIRE_BAD_VALUE, "spec.arguments"},
                {"unknown: nested", SP, START(VM, AUTH, SPEC_WITH(TEXT("programName", "p"))),
                 WIRE_BAD_VALUE, "spec.programName"},
                {"spec: a subtype's member without its name", SP,
                 START(VM, AUTH, SPEC_WITH(YES("startMinimized"))), WIRE_BAD_VALUE,
                 "spec.startMinimized"},
                {"bool: true", LP, INTERACTIVE("true"), WIRE_OK, ""},
                {"long: largest", LP, PIDS("7", "9223372036854775807"), WIRE_OK, ""},
                {"long: smallest", LP, PIDS("7", "-9223372036854775808"), WIRE_OK, ""},
                {"long: fraction", LP, PIDS("7", "1.5"), WIRE_BAD_VALUE, "pids[1]"},
                {"long: exponent", LP, PIDS("7", "1e3"), WIRE_BAD_VALUE, "pids[1]"},
                {"enum", RI, STATE("poweredOn", "0"), WIRE_OK, ""},
                {"enum: no value of it", RI, STATE("poweredUp", "0"), WIRE_BAD_VALUE, "powerState"},
                {"enum: empty", RI, STATE("", "0"), WIRE_BAD_VALUE, "powerState"},
                {"int: largest", RI, STATE("poweredOn", "2147483647"), WIRE_OK, ""},
                {"int: smallest", RI, STATE("poweredOn", "-2147483648"), WIRE_OK, ""},
                {"int: too large", RI, STATE("poweredOn", "2147483648"), WIRE_BAD_VALUE,
                 "numMksConnections"},
                {"int: too small", RI, STATE("poweredOn", "-2147483649"), WIRE_BAD_VALUE,
                 "numMksConnections"},
                {"int: fraction", RI, STATE("poweredOn", "0.5"), WIRE_BAD_VALUE,
                 "numMksConnections"},
                {"time", US, SESSION("2022-12-12T11:48:35.473645Z"), WIRE_OK, ""},
                {"time: no day", US, SESSION("2022-02-30T00:00:00Z"), WIRE_BAD_VALUE, "loginTime"},
                {"time: a date alone", US, SESSION("2022-02-28"), WIRE_BAD_VALUE, "loginTime"},
                {"time: empty", US, SESSION(""), WIRE_BAD_VALUE, "loginTime"},
        };

        check_rows(read, rows, ELEMENTS(rows));
}
