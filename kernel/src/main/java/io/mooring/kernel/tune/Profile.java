package io.mooring.kernel.tune;

import java.util.List;

/** A file of kernel/sysctl.d, parsed. @param title for whom it is, in one line */
record Profile(String name, String title, List<Setting> settings) {
}
