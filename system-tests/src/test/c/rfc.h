/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the RFC, as a header <linux/multikernel.h> has them: mkemu's own headers must leave them alone. */
#ifndef RFC_H
#define RFC_H

#include <stddef.h>

#define MK_MAX_DATA_SIZE 256
#define MK_MAX_INSTANCES 256
#define MK_PFN_IPI_TYPE 0x80000001U

struct mk_ipi_data {
    int sender_cpu;
    unsigned int type;
    size_t data_size;
    char buffer[MK_MAX_DATA_SIZE];
};

struct mk_shared_data {
    struct mk_ipi_data cpu_data[1];
};

struct mk_instance;
enum mk_instance_state { MK_STATE_EMPTY, MK_STATE_READY, MK_STATE_LOADED, MK_STATE_ACTIVE, MK_STATE_FAILED };
typedef void (*mk_ipi_callback_t)(struct mk_ipi_data *data, void *ctx);
int multikernel_send_ipi_data(int instance_id, void *data, size_t data_size, unsigned long type);
int mk_send_pfn(int instance_id, unsigned long pfn);
void *mk_receive_map_page(struct mk_ipi_data *data);
void mk_receive_unmap_page(void *virt_addr);

#endif
