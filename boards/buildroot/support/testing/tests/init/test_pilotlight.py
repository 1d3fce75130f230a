from tests.init.base import InitSystemBase as InitSystemBase


class InitSystemPilotlightBase(InitSystemBase):
    config = \
        """
        BR2_arm=y
        BR2_cortex_a9=y
        BR2_ARM_ENABLE_VFP=y
        BR2_TOOLCHAIN_EXTERNAL=y
        BR2_INIT_PILOTLIGHT=y
        BR2_TARGET_GENERIC_GETTY_PORT="ttyAMA0"
        # BR2_TARGET_ROOTFS_TAR is not set
        """

    def check_init(self):
        super(InitSystemPilotlightBase, self).check_init("/sbin/runit")

    def check_services(self):
        # Each service that is switched on runs, or is being tried again.
        self.assertRunOk("sv -w 60 start getty syslogd klogd")
        output, _ = self.emulator.run("sv status /service/*")
        self.assertFalse([line for line in output if line.startswith("fail")])

    def check_restart(self):
        # The service is another process afterwards.
        before, _ = self.emulator.run("cat /service/syslogd/supervise/pid")
        self.assertRunOk("sv -w 60 restart syslogd")
        after, _ = self.emulator.run("cat /service/syslogd/supervise/pid")
        self.assertNotEqual(before, after)


class TestInitSystemPilotlightRo(InitSystemPilotlightBase):
    config = InitSystemPilotlightBase.config + \
        """
        # BR2_TARGET_GENERIC_REMOUNT_ROOTFS_RW is not set
        BR2_TARGET_ROOTFS_SQUASHFS=y
        """

    def test_run(self):
        self.start_emulator("squashfs")
        self.check_init()
        self.check_services()


class TestInitSystemPilotlightRw(InitSystemPilotlightBase):
    config = InitSystemPilotlightBase.config + \
        """
        BR2_TARGET_ROOTFS_EXT2=y
        """

    def test_run(self):
        self.start_emulator("ext2")
        self.check_init()
        self.check_services()
        self.check_restart()


class TestInitSystemPilotlightRwNetwork(InitSystemPilotlightBase):
    config = InitSystemPilotlightBase.config + \
        """
        BR2_SYSTEM_DHCP="eth0"
        BR2_TARGET_ROOTFS_EXT2=y
        """

    def test_run(self):
        self.start_emulator("ext2")
        self.check_init()
        self.check_services()
        self.assertRunOk("sv -w 60 start udhcpc")
        self.check_network("eth0")


class TestInitSystemPilotlightMergedUsr(InitSystemPilotlightBase):
    config = InitSystemPilotlightBase.config + \
        """
        BR2_ROOTFS_MERGED_USR=y
        BR2_TARGET_ROOTFS_EXT2=y
        """

    def test_run(self):
        self.start_emulator("ext2")
        self.check_init()
        self.check_services()
