#pragma once

/* What a client calls this host: the header field Host. Source: RFC 9110, 7.2; RFC 3986, 3.2.2. */

#include "base/base.h"

/* Return: whether @text is a name of letters, digits and "-._", an IPv4 address, or an IPv6 address
   in brackets, with a port or without. Then it can stand in a URL as it is. */
bool http_authority_is_valid(const char *text);
