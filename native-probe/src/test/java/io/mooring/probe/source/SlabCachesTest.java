package io.mooring.probe.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SlabCachesTest {

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
        SlabCaches slabs = SlabCaches.parse(BEFORE, 4096);
        assertThat(slabs.byName()).containsOnlyKeys("TCP", "ext4_inode_cache", "filp");
        assertThat(slabs.activeBytes("TCP")).isCloseTo(100 * 8 * 4096 / 13.0, within(1e-6));
        assertThat(slabs.activeBytes("UDP")).isZero();
        assertThat(slabs.activeBytes(name -> !name.startsWith("ext4"))).isCloseTo(
                100 * 8 * 4096 / 13.0 + 200 * 4096 / 21.0, within(1e-6));
    }

    @Test
    void pagesAreAsBigAsTheKernelSays() {
        assertThat(SlabCaches.parse(BEFORE, 16384).activeBytes(name -> true)).isCloseTo(
                4 * SlabCaches.parse(BEFORE, 4096).activeBytes(name -> true), within(1e-6));
    }

    @Test
    void growthPerCache() {
        SlabCaches before = SlabCaches.parse(BEFORE, 4096);
        SlabCaches after = SlabCaches.parse(BEFORE
                .replace("TCP                  100", "TCP 113")
                .replace("filp                 200", "filp 179"), 4096);
        assertThat(after.activeBytesSince(before)).containsOnlyKeys("TCP", "filp");
        assertThat(after.activeBytesSince(before).get("TCP")).isCloseTo(8 * 4096, within(1e-6));
        assertThat(after.activeBytesSince(before).get("filp")).isCloseTo(-4096, within(1e-6));
    }
}
