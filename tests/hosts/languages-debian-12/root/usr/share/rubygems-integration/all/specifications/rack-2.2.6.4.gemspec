# -*- encoding: utf-8 -*-
# stub: rack 2.2.6.4 ruby lib
