/* test-only preload: clears errno after a successful read(), supplies the two GTK entry points the plug-in names,
   and can move loopback port 80 to another port (RVP_SHIM_PORT) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* librvp takes a left-over EAGAIN for "no data" and throws away the byte that it has just read (client-facts §1.13) */
ssize_t read(int fd, void *buffer, size_t size)
{
	static ssize_t (*real)(int, void *, size_t);
	if (!real)
		real = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
	ssize_t got = real(fd, buffer, size);
	if (got >= 0)
		errno = 0;
	return got;
}

/* librvp knows no port but 80 (client-facts §1.1) */
int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);
	if (!real)
		real = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
	const char *port = getenv("RVP_SHIM_PORT");
	if (port && address && address->sa_family == AF_INET) {
		struct sockaddr_in moved;
		memcpy(&moved, address, sizeof moved);
		if (moved.sin_port == htons(80) && (ntohl(moved.sin_addr.s_addr) >> 24) == 127) {
			moved.sin_port = htons((uint16_t)atoi(port));
			return real(fd, (struct sockaddr *)&moved, sizeof moved);
		}
	}
	return real(fd, address, length);
}

/* no SRV lookups leave the machine when RVP_SHIM_NOSRV is set */
int res_search(const char *name, int class, int type, unsigned char *answer, int length)
{
	static int (*real)(const char *, int, int, unsigned char *, int);
	if (getenv("RVP_SHIM_NOSRV")) {
		errno = 0;
		return -1;
	}
	if (!real)
		real = (int (*)(const char *, int, int, unsigned char *, int))dlsym(RTLD_NEXT, "res_search");
	return real ? real(name, class, type, answer, length) : -1;
}

/* BitlBee runs GLib's main loop, not GTK's */
int gtk_events_pending(void)
{
	int (*pending)(void *) = (int (*)(void *))dlsym(RTLD_DEFAULT, "g_main_context_pending");
	return pending ? pending(0) : 0;
}

int gtk_main_iteration(void)
{
	int (*iterate)(void *, int) = (int (*)(void *, int))dlsym(RTLD_DEFAULT, "g_main_context_iteration");
	return iterate ? iterate(0, 1) : 0;
}
