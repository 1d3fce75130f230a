include $(sort $(wildcard $(BR2_EXTERNAL_PILOTLIGHT_PATH)/package/*/*.mk))

# Buildroot installs the init scripts of packages for the init systems that it
# knows. For the bridge of stage 1 they are installed here too.
ifeq ($(BR2_PACKAGE_PILOTLIGHT_INIT_SCRIPTS),y)
$(foreach pkg,$(call UPPERCASE,$(PACKAGES)),\
	$(eval $(pkg)_POST_INSTALL_TARGET_HOOKS += $(pkg)_INSTALL_INIT_SYSV))
endif
