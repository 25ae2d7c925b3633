// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IENSRegistry, INameWrapper} from "../interfaces/IENS.sol";

/// @title ENS in which a test sets the owners
contract EnsRegistryStandIn is IENSRegistry {
    mapping(bytes32 node => address) public owner;

    function setOwner(bytes32 node, address owner_) external {
        owner[node] = owner_;
    }
}

/// @title The name wrapper in which a test sets the holders
contract NameWrapperStandIn is INameWrapper {
    mapping(uint256 id => address) public ownerOf;

    function setOwner(uint256 id, address owner_) external {
        ownerOf[id] = owner_;
    }
}
