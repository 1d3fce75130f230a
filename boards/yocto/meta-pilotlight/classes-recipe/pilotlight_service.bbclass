# Ships service directories with a recipe.
#
# PILOTLIGHT_SERVICES: the names of the services. For each there is a directory
# of that name, with its script run, at PILOTLIGHT_SERVICE_DIR.
# PILOTLIGHT_AUTO_ENABLE: "1" switches them on, anything else leaves that to
# `ln -s /etc/sv/NAME /etc/runit/runsvdir/default`.

PILOTLIGHT_SERVICES ??= "${BPN}"
PILOTLIGHT_SERVICE_DIR ??= "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}"
PILOTLIGHT_AUTO_ENABLE ??= "1"

do_install:append() {
    install -d ${D}${sysconfdir}/sv ${D}${sysconfdir}/runit/runsvdir/default
    for service in ${PILOTLIGHT_SERVICES}; do
        cp -R --no-dereference --preserve=mode,links ${PILOTLIGHT_SERVICE_DIR}/$service ${D}${sysconfdir}/sv/$service
        if [ "${PILOTLIGHT_AUTO_ENABLE}" = "1" ]; then
            ln -s ${sysconfdir}/sv/$service ${D}${sysconfdir}/runit/runsvdir/default/$service
        fi
    done
}

FILES:${PN} += "${sysconfdir}/sv ${sysconfdir}/runit/runsvdir/default"
RDEPENDS:${PN} += "pilotlight"
