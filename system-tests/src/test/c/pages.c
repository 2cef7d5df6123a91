/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instance 2 of a machine that nobody runs, as far as pages go: pages RAM. Reads on its standard input, a line each:
 *     map CPU PFN      as if that CPU had sent the PFN; answers "window I", or "refused"
 *     unmap I          answers "unmapped"
 *     word I           answers the first word of window I
 *     alloc SIZE ALIGN from the memory of instance 1; answers the address, 0 for none
 *     free ADDRESS SIZE  answers the result
 *     revoke ID PFN    of the memory of instance 1; answers the result
 */
#include "mkemu_pages.h"

enum { MOST_WINDOWS = 16 };

int main(int argc, char **argv)
{
    static struct mkemu_peer peer;
    void *windows[MOST_WINDOWS];
    char line[80];
    unsigned long long first, second;
    unsigned count = 0;
    struct stat file;
    peer.id = 2;
    peer.ram_fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
    if (peer.ram_fd < 0 || fstat(peer.ram_fd, &file)
        || pread(peer.ram_fd, &peer.header, sizeof peer.header, 0) != sizeof peer.header
        || !mkemu_header_is_good(&peer.header, (uint64_t)file.st_size)
        || !(peer.tables = mkemu_map(&peer, 0, peer.header.pool_map_at)))
        return 1;
    for (int i = 0; i < MKEMU_INSTANCE_MAX_REGIONS; i++) {
        struct mkemu_region r = mkemu_entry(&peer, 1)->regions[i];
        if (r.size && !mkemu_attach_pool(&peer.pools[i], &r, mkemu_map(&peer, r.address, r.size)))
            return 3;
    }
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "map %llu %llu", &first, &second) == 2 && count < MOST_WINDOWS) {
            uint64_t pfn = second;
            struct mkemu_ipi_data message = {
                .sender_cpu = (int32_t)first,
                .type = MKEMU_IPI_DATA_PFN_IPI_TYPE,
                .data_size = MKEMU_IPI_DATA_PFN_SIZE};
            memcpy(message.buffer, &pfn, sizeof pfn);
            windows[count] = mkemu_map_page(&peer, &message);
            windows[count] ? printf("window %u\n", count++) : puts("refused");
        } else if (sscanf(line, "unmap %llu", &first) == 1 && first < count) {
            mkemu_unmap_page(&peer, windows[first]);
            puts("unmapped");
        } else if (sscanf(line, "word %llu", &first) == 1 && first < count) {
            printf("%llu\n", *(unsigned long long *)windows[first]);
        } else if (sscanf(line, "alloc %llu %llu", &first, &second) == 2) {
            printf("%llu\n", (unsigned long long)mkemu_alloc(&peer, first, second));
        } else if (sscanf(line, "free %llu %llu", &first, &second) == 2) {
            printf("%d\n", mkemu_free(&peer, first, second));
        } else if (sscanf(line, "revoke %llu %llu", &first, &second) == 2) {
            printf("%d\n", mkemu_revoke_pfn(&peer, (int)first, second));
        } else {
            return 2;
        }
        fflush(stdout);
    }
    return 0;
}
