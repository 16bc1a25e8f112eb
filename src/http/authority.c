#include "http/authority.h"

#include <arpa/inet.h>

#define NAME_MAX_BYTES 255
#define NAME_CHARS     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

/* Return: behind the address in brackets, or @text where there is none. */
static const char *skip_ipv6(const char *text)
{
        const char *end = strchr(text, ']');
        char address[INET6_ADDRSTRLEN];
        struct in6_addr scrap;
        size_t n;

        if (!end)
                return text;
        n = (size_t)(end - text) - 1;
        if (n >= sizeof(address))
                return text;
        memcpy(address, text + 1, n);
        address[n] = '\0';
        return inet_pton(AF_INET6, address, &scrap) == 1 ? end + 1 : text;
}

static bool is_port(const char *text)
{
        size_t n = strspn(text, "0123456789");
        unsigned long port = n <= 5 ? strtoul(text, NULL, 10) : 0;

        return n > 0 && !text[n] && port > 0 && port <= UINT16_MAX;
}

bool http_authority_is_valid(const char *text)
{
        size_t n = strspn(text, NAME_CHARS);
        const char *end = *text == '[' ? skip_ipv6(text) : text + n;

        if (end == text || n > NAME_MAX_BYTES)
                return false;
        return !*end || (*end == ':' && is_port(end + 1));
}
