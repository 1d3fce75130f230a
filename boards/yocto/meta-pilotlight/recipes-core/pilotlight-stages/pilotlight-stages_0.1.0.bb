# nooelint: oelint.var.bbclassextend - nothing of it serves on the machine that builds
SUMMARY = "The three stages of pilotlight, and a login on the serial lines"
DESCRIPTION = "What runit runs when the system comes up and goes down: the \
               numbered fragments in /etc/runit, the runlevel default, and a service getty for \
               each line of SERIAL_CONSOLES."
BUGTRACKER = "https://smarden.org/runit/"
SECTION = "base"
CVE_PRODUCT = "pilotlight"

require recipes-core/pilotlight/pilotlight.inc

SRC_URI = ""

inherit useradd

PACKAGE_ARCH = "${MACHINE_ARCH}"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}${sysconfdir}/runit/runsvdir/default ${D}${sysconfdir}/sv
    for stage in 1 2 3 ctrlaltdel fragments; do
        install -m 0755 ${S}/boards/rootfs/etc/runit/$stage ${D}${sysconfdir}/runit/$stage
    done
    for fragments in 1.d 2.d 3.d ctrlaltdel.d; do
        install -d ${D}${sysconfdir}/runit/$fragments
        install -m 0755 ${S}/boards/rootfs/etc/runit/$fragments/* ${D}${sysconfdir}/runit/$fragments/
    done
    # A disk for logs is for the boards of pilotlight's own tests.
    rm ${D}${sysconfdir}/runit/1.d/15-disk
    ln -s /run/runit/stopit ${D}${sysconfdir}/runit/stopit
    ln -s /run/runit/reboot ${D}${sysconfdir}/runit/reboot
    ln -s default ${D}${sysconfdir}/runit/runsvdir/current
    ln -s ${sysconfdir}/runit/runsvdir/current ${D}/service

    for service in syslogd klogd; do
        cp -R --no-dereference --preserve=mode,links ${S}/runscripts/$service ${D}${sysconfdir}/sv/$service
        ln -s ${sysconfdir}/sv/$service ${D}${sysconfdir}/runit/runsvdir/default/$service
    done
    for console in ${SERIAL_CONSOLES}; do
        baudrate=$(echo $console | cut -d ';' -f 1)
        port=$(echo $console | cut -d ';' -f 2)
        cp -R --no-dereference --preserve=mode,links ${S}/runscripts/getty ${D}${sysconfdir}/sv/getty-$port
        printf 'tty=%s\nbaud=%s\n' $port $baudrate > ${D}${sysconfdir}/sv/getty-$port/conf
        ln -s ${sysconfdir}/sv/getty-$port ${D}${sysconfdir}/runit/runsvdir/default/getty-$port
    done
}

# svlogd writes as this user.
USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "--system --no-create-home --home-dir / --shell /bin/false --user-group log"

FILES:${PN} += "/service"
RDEPENDS:${PN} += "pilotlight"
