# nooelint: oelint.var.bbclassextend - nothing of it serves on the machine that builds
SUMMARY = "runit for firmware: process 1 and supervisor of services"
DESCRIPTION = "The programs of runit 2.3.0 for embedded Linux: runit and \
               runit-init, runsv, runsvdir and runsvchdir without libc and allocator, sv, \
               svlogd, chpst and utmpset in one file."
BUGTRACKER = "https://smarden.org/runit/"
SECTION = "base"
CVE_PRODUCT = "pilotlight"

require pilotlight.inc
require ${BPN}-crates.inc

inherit cargo cargo-update-recipe-crates update-alternatives

# The profile of the workspace, but for the symbols: bitbake takes them off
# itself, into the package with debug information.
CARGO_BUILD_FLAGS += "--config profile.release.strip=false"

# No C run-time belongs into a program without libc.
PILOTLIGHT_FREESTANDING_FLAGS = "-Crelocation-model=static -Ctarget-feature=-crt-static"

do_compile() {
    oe_cargo_build --package pilotlight-tools --bin pilotlight
    RUSTFLAGS="${RUSTFLAGS} ${PILOTLIGHT_FREESTANDING_FLAGS}" \
        "${CARGO}" build ${CARGO_BUILD_FLAGS} --package pilotlight-init --package pilotlight-supervisor
}

do_install() {
    install -d ${D}${base_sbindir}
    for program in runit runit-init runsv runsvdir runsvchdir pilotlight; do
        install -m 0755 ${B}/target/${CARGO_TARGET_SUBDIR}/$program ${D}${base_sbindir}/$program
    done
    for tool in sv svlogd chpst utmpset; do
        ln -s pilotlight ${D}${base_sbindir}/$tool
    done
    ln -s runit-init ${D}${base_sbindir}/init
    for program in halt poweroff reboot; do
        install -m 0755 ${S}/boards/rootfs/sbin/$program ${D}${base_sbindir}/$program
    done
    install -d ${D}${mandir}/man8
    install -m 0644 ${S}/doc/man/*.8 ${D}${mandir}/man8/
    install -d ${D}${datadir}/bash-completion/completions
    install -m 0644 ${S}/doc/completions/sv ${D}${datadir}/bash-completion/completions/sv
}

# Process 1 apart: the supervisors serve under another one too.
PACKAGES =+ "${PN}-init"
FILES:${PN}-init += "${base_sbindir}/init* \
                     ${base_sbindir}/halt* \
                     ${base_sbindir}/poweroff* \
                     ${base_sbindir}/reboot* \
                     ${base_sbindir}/runit \
                     ${base_sbindir}/runit-init"
RDEPENDS:${PN}-init = "${PN}"
RCONFLICTS:${PN}-init = "sysvinit systemd"

# In front of busybox's applets of these names.
ALTERNATIVE_PRIORITY = "200"
ALTERNATIVE:${PN}-init = "init halt poweroff reboot"
ALTERNATIVE_LINK_NAME[init] = "${base_sbindir}/init"
ALTERNATIVE_LINK_NAME[halt] = "${base_sbindir}/halt"
ALTERNATIVE_LINK_NAME[poweroff] = "${base_sbindir}/poweroff"
ALTERNATIVE_LINK_NAME[reboot] = "${base_sbindir}/reboot"
