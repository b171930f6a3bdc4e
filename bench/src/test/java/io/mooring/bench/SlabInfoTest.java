package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SlabInfoTest {

    private static final String BEFORE = """
            slabinfo - version: 2.1
            # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : \
            tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> \
            <sharedavail>
            TCP                  100    117   2368   13    8 : tunables    0    0    0 : \
            slabdata      9      9      0
            ext4_inode_cache      27     27   1176   27    8 : tunables    0    0    0 : \
            slabdata      1      1      0
            filp                 200    210    192   21    1 : tunables    0    0    0 : \
            slabdata     10     10      0
            """;

    @Test
    void activeObjectsTimesPackedSize() {
        SlabInfo slabs = SlabInfo.parse(BEFORE, 4096);
        assertThat(slabs.bytesByCache()).containsOnlyKeys("TCP", "ext4_inode_cache", "filp");
        assertThat(slabs.bytesByCache().get("TCP")).isCloseTo(100 * 8 * 4096 / 13.0, within(1e-6));
        assertThat(slabs.totalBytes()).isCloseTo(
                100 * 8 * 4096 / 13.0 + 8 * 4096 + 200 * 4096 / 21.0, within(1e-6));
    }

    @Test
    void pagesAreAsBigAsTheKernelSays() {
        assertThat(SlabInfo.parse(BEFORE, 16384).totalBytes())
                .isCloseTo(4 * SlabInfo.parse(BEFORE, 4096).totalBytes(), within(1e-6));
    }

    @Test
    void growthPerCache() {
        SlabInfo before = SlabInfo.parse(BEFORE, 4096);
        SlabInfo after = SlabInfo.parse(BEFORE.replace("TCP                  100", "TCP 113")
                .replace("filp                 200", "filp 179"), 4096);
        assertThat(after.since(before)).containsOnlyKeys("TCP", "filp");
        assertThat(after.since(before).get("TCP")).isCloseTo(8 * 4096, within(1e-6));
        assertThat(after.since(before).get("filp")).isCloseTo(-4096, within(1e-6));
    }

    @Test
    void fileSystemsAndProcessesAreForeignAndSocketsAreNot() {
        assertThat(SlabInfo.isForeign("ext4_inode_cache")).isTrue();
        assertThat(SlabInfo.isForeign("vm_area_struct")).isTrue();
        for (String own : new String[] {"TCP", "filp", "dentry", "sock_inode_cache", "kmalloc-512",
            "io_kiocb", "eventpoll_epi"}) {
            assertThat(SlabInfo.isForeign(own)).as(own).isFalse();
        }
    }
}
