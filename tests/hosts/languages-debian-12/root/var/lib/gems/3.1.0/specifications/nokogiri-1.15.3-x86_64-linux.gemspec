# -*- encoding: utf-8 -*-
# stub: nokogiri 1.15.3 x86_64-linux lib
